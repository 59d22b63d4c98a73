# SPDX-License-Identifier: Apache-2.0
"""Labels that prove whose an Experiment is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.cluster.identity import HASH_LABEL, label_value, labelled, labels, run_selector
from kfp_katib.experiment import load
from kfp_katib.labels import RUN, TASK
from tests.cluster.manifests import small

VALID = re.compile(r"|[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


@given(st.text())
def test_every_text_becomes_a_labels_value(text: str) -> None:
    """At most 63 characters, of those that Kubernetes allows."""
    assert VALID.fullmatch(label_value(text))


@given(st.text(), st.text())
def test_two_texts_are_two_values(one: str, other: str) -> None:
    """What does not fit is told apart by a digest."""
    assert (label_value(one) == label_value(other)) == (one == other)


def test_a_text_that_fits_stays_as_it_is() -> None:
    """A run's id can be searched for by hand."""
    assert label_value("5f1b7c1e-0b5e-4a55-9d1f-2f7b8c6d9e0a") == "5f1b7c1e-0b5e-4a55-9d1f-2f7b8c6d9e0a"


def test_the_hash_follows_the_manifest() -> None:
    """Another search of the same name is told by its hash, whatever run it belongs to."""
    one, same, other = (load(small("x", image)) for image in ("a:1", "a:1", "b:1"))
    assert labels(one)[HASH_LABEL] == labels(same, run_id="r")[HASH_LABEL] != labels(other)[HASH_LABEL]


def test_run_and_step_may_stand_in_the_manifest() -> None:
    """The launcher writes them there; what `run` is told comes first."""
    manifest = small("x", "a:1")
    manifest["metadata"]["labels"] = {RUN: "r1", TASK: "tune", "team": "sim"}
    experiment = load(manifest)
    assert (labels(experiment)[RUN], labels(experiment, run_id="r2")[RUN]) == ("r1", "r2")
    stored = labelled(experiment, "team", labels(experiment))
    assert stored["metadata"]["labels"]["team"] == "sim"
    assert (stored["metadata"]["namespace"], stored["metadata"]["labels"][TASK]) == ("team", "tune")


def test_a_runs_experiments_are_selected_by_two_labels() -> None:
    """Ours, and of this run."""
    assert run_selector("r1") == f"app.kubernetes.io/managed-by=kfp-katib,{RUN}=r1"

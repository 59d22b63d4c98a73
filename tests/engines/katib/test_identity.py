# SPDX-License-Identifier: Apache-2.0
"""Labels that prove whose an Experiment is."""

from __future__ import annotations

from kfp_katib.engines.katib.identity import HASH_LABEL, MANAGER, labelled, run_selector, texts
from kfp_katib.experiment import load
from kfp_katib.experiment.labels import RUN, TASK
from tests.engines.katib.live.manifests import small


def test_the_hash_follows_the_manifest() -> None:
    """Another search of the same name is told by its hash, whatever run it belongs to."""
    one, same, other = (load(small("x", image)) for image in ("a:1", "a:1", "b:1"))
    assert texts(one)[HASH_LABEL] == texts(same, run_id="r")[HASH_LABEL] != texts(other)[HASH_LABEL]


def test_labels_join_those_of_the_manifest() -> None:
    """Run and step beside what the user wrote; the namespace is that of the connection."""
    manifest = small("x", "a:1")
    manifest["metadata"]["labels"] = {"team": "sim"}
    experiment = load(manifest)
    stored = labelled(experiment, "team", texts(experiment, run_id="r1", task_name="tune"))["metadata"]
    assert (stored["namespace"], stored["labels"]["team"]) == ("team", "sim")
    assert (stored["labels"][RUN], stored["labels"][TASK]) == ("r1", "tune")
    assert "annotations" not in stored


def test_a_step_in_a_loop_has_its_whole_name_in_an_annotation() -> None:
    """The label holds what Kubernetes takes of it."""
    experiment, step = load(small("x", "a:1")), "loop.iterations(0:0).tune"
    stored = labelled(experiment, "team", texts(experiment, run_id="r1", task_name=step))["metadata"]
    assert stored["annotations"] == {TASK: step}
    assert stored["labels"][TASK].startswith("loop-iterations-0-0-tune-")


def test_a_runs_experiments_are_selected_by_two_labels() -> None:
    """Ours, and of this run, whatever text its id is."""
    assert run_selector("r1") == f"app.kubernetes.io/managed-by={MANAGER},{RUN}=r1"
    experiment = load(small("x", "a:1"))
    label = labelled(experiment, "team", texts(experiment, run_id="a run"))["metadata"]["labels"][RUN]
    assert run_selector("a run").endswith(f",{RUN}={label}")

# SPDX-License-Identifier: Apache-2.0
"""A pipeline of one's own around `build/components/launch_katib.yaml`."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from components import TRAINING_IMAGE
from tests.kfp import own
from tests.kfp.backend import Backend, Run
from tests.kfp.searches import QUICK

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def run(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that went well."""
    package = own.search_and_tell(backend.build, tmp_path_factory.mktemp("own") / "own.yaml")
    run = backend.run(package, experiment=QUICK, image=TRAINING_IMAGE)
    assert run.finished() == "SUCCEEDED"
    return run


@pytest.fixture(scope="module")
def told(run: Run) -> dict[str, Any]:
    """What the step after the search got."""
    line = re.search(r"^.*TOLD (\{.*\})$", run.log("told"), re.MULTILINE)
    assert line
    document: dict[str, Any] = json.loads(line[1])
    return document


def test_the_next_step_gets_the_best_hyperparameters_as_numbers(told: dict[str, Any]) -> None:
    """Parameters survive the way through the installation with their types."""
    assert told["best"] == {"lr": told["value"]}
    assert round(told["value"], 6) in (0.1, 0.2, 0.3)


def test_every_output_is_an_artifact_in_the_store(run: Run, told: dict[str, Any]) -> None:
    """Each has an address there and can be read; the trials are one row each."""
    addresses = {name: artifact["uri"] for name, artifact in told["artifacts"].items()}
    assert set(addresses) == {"best_model", "trials", "metrics", "summary", "report"}
    assert all(run.id in address for address in addresses.values())
    assert {"trials", "summary", "report"} <= set(run.artifacts("launch-katib"))
    assert len(told["read"]["trials"].strip().splitlines()) == 3
    assert f"{told['value']:g}" in told["read"]["summary"]


def test_artifacts_keep_their_metadata(run: Run, told: dict[str, Any]) -> None:
    """The model says which Experiment it is of, and that the trials write none; metrics are numbers."""
    about = told["artifacts"]["best_model"]["metadata"]
    assert about["experiment"] == run.experiments()[0]["metadata"]["name"]
    assert about["model"] == "none"
    assert json.loads(about["parameters"]) == told["best"]
    metrics = told["artifacts"]["metrics"]["metadata"]
    assert metrics["loss"] == told["value"]
    assert metrics["trials_Succeeded"] == 2

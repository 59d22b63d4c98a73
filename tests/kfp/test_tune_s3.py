# SPDX-License-Identifier: Apache-2.0
"""tune-s3 from the data to the release: the example trains on Katib, its models lie in object storage."""

from __future__ import annotations

import pytest

from tests.kfp.backend import Backend, Run, verdict
from tests.kfp.searches import DATA, EXAMPLE, SHORT

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def run(backend: Backend) -> Run:
    """A run in which everything went well; the model is promoted under the run's own name."""
    run = backend.run(
        "tune-s3.yaml",
        experiment=EXAMPLE,
        options=DATA,
        overrides=SHORT,
        release="s3://kfp-katib/release/test",
    )
    assert run.finished() == "SUCCEEDED"
    return run


@pytest.fixture(scope="module")
def again(backend: Backend, run: Run) -> Run:
    """The same once more, with a threshold that no model meets."""
    again = backend.run(
        "tune-s3.yaml",
        experiment=EXAMPLE,
        options=DATA,
        overrides=SHORT,
        release="s3://kfp-katib/release/never",
        thresholds={"energy_mean": [-1, 0]},
    )
    assert again.finished() == "SUCCEEDED"
    return again


def test_the_search_is_an_experiment_of_the_real_katib(run: Run) -> None:
    """The launcher's step created it, and its trials trained."""
    (experiment,) = run.experiments()
    assert "Succeeded" in verdict(experiment)
    assert len(run.trials(experiment["metadata"]["name"])) == 3


def test_the_model_is_promoted(backend: Backend, run: Run) -> None:
    """A model that passed lies at the release place, as the exporter wrote it."""
    assert "promote" in run.steps()
    assert backend.store.size("kfp-katib/release/test/Generator.onnx") > 0


def test_every_output_is_in_the_store(run: Run) -> None:
    """What the dashboard shows of each step is there."""
    assert {"best_model", "trials", "summary", "report"} <= set(run.artifacts("launch-katib"))
    assert "model" in run.artifacts("extract-best-model")
    assert "report" in run.artifacts("evaluate-model")


def test_only_the_winners_checkpoint_is_left(backend: Backend, run: Run) -> None:
    """Once its model is exported, the losers' folders are deleted."""
    name = run.experiments()[0]["metadata"]["name"]
    about = run.handed("extract-best-model")["best_model"]["metadata"]
    left = [path.rpartition("/")[2] for path in backend.store.ls(f"kfp-katib/models/{name}")]
    assert left == [about["trial"]]
    assert about["model"] == "collected"


def test_the_evaluation_gets_the_exported_model_and_its_metadata(run: Run) -> None:
    """What the exporter told about the model reaches the next step, in types that a cluster can carry."""
    model = run.handed("evaluate-model")["model"]
    assert model["metadata"]["framework"] == "onnx"
    assert run.id in model["uri"]


def test_the_same_run_again_takes_the_data_from_the_cache_and_searches_anew(again: Run) -> None:
    """Data that are there are not made twice; a search is never skipped."""
    steps = again.steps()
    assert "prepare-data" not in steps
    assert again.reached("prepare-data")
    assert "launch-katib" in steps
    assert len(again.experiments()) == 1


def test_a_model_that_fails_is_not_promoted(backend: Backend, again: Run) -> None:
    """The condition on `passed` holds back the release, and the run succeeds all the same."""
    assert "promote" not in again.steps()
    assert not backend.store.exists("kfp-katib/release/never")

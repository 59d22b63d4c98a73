# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline on this machine: the functions that are compiled, real trials, a user's own script."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from components import TRAINING_IMAGE
from pipelines.platforms import LOCAL
from pipelines.tune import tune
from tests.builders.manifest import MODEL, TRAIN, manifest
from tests.support.machine import Machine, machine_in

SEARCH = manifest(*TRAIN, "--out", MODEL)


def run(experiment: str = SEARCH, **arguments: Any) -> None:
    """Run the pipeline that tune-local.yaml is compiled from."""
    mine = {step: f"tests.mine:{step}" for step in ("prepare", "export", "evaluate")}
    tune(LOCAL)(experiment=experiment, **mine | arguments)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A run in which everything went well."""
    with machine_in(tmp_path_factory.mktemp("tuned")) as machine:
        folder = machine.folder
        run(thresholds={"error": [0, 0.01]}, models=str(folder / "models"), release=str(folder / "release"))
        return machine


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, str]:
    """A run whose trials fail, and what it printed."""
    shown = io.StringIO()
    with machine_in(tmp_path_factory.mktemp("failed")) as machine, redirect_stdout(shown):
        with pytest.raises(RuntimeError, match="FAILURE"):
            run(manifest(*TRAIN, "--fail"))
        return machine, shown.getvalue()


def test_the_best_model_of_a_search_is_promoted(tuned: Machine) -> None:
    """From a manifest and a script: data, three trials, the best model exported, judged and promoted."""
    best = tuned.parameters("launch-katib")
    assert best["best_hyperparameters"] == {"lr": 0.2}
    assert best["best_value"] == 0.0
    assert tuned.parameters("evaluate-model") == {"passed": True}
    assert tuned.parameters("promote") == {"address": str(tuned.folder / "release")}
    assert (tuned.folder / "release" / "model.txt").read_text() == "0.2"
    assert not tuned.ran("register-model")  # no registry was given


def test_everything_that_a_user_reads_is_there(tuned: Machine) -> None:
    """Trials, metrics, summary and report of the search; observables and report of the evaluation."""
    rows = list(csv.DictReader(tuned.path("launch-katib", "trials").read_text().splitlines()))
    assert sorted(row["parameter.lr"] for row in rows) == ["0.1", "0.2", "0.3"]
    assert tuned.metadata("launch-katib", "metrics") == {"loss": 0.0, "trials_Succeeded": 3.0}
    assert "lr: 0.2" in tuned.path("launch-katib", "summary").read_text()
    assert "<html" in tuned.path("launch-katib", "report").read_text()
    assert tuned.metadata("evaluate-model", "metrics") == {"error": 0.0, "points": 4.0}
    row = '<th scope="row">undefined</th><td title="nan">nan</td>'
    assert row in tuned.path("evaluate-model", "report").read_text()


def test_the_losers_models_are_deleted(tuned: Machine) -> None:
    """Once the winner is exported, only its own folder is left."""
    best = tuned.parameters("launch-katib")
    left = [path.name for path in (tuned.folder / "models" / best["experiment_name"]).iterdir()]
    assert left == [best["best_trial"]]
    assert tuned.parameters("extract-best-model") == {"pruned": 2}


def test_metadata_survive_a_cluster(tuned: Machine) -> None:
    """Only text and finite numbers: a cluster wraps dictionaries, and fails on None and NaN."""
    told = [
        artifact["artifacts"][0]["metadata"]
        for step in ("prepare-data", "launch-katib", "extract-best-model", "evaluate-model")
        for artifact in tuned.outputs(step)["artifacts"].values()
    ]
    values = [value for metadata in told for value in metadata.values()]
    assert {type(value) for value in values} <= {str, int, float}
    assert json.dumps(values, allow_nan=False)


def test_the_best_model_says_where_it_comes_from(tuned: Machine) -> None:
    """Its metadata lead back to the trial, and to where the other trials' models are."""
    best = tuned.parameters("launch-katib")
    about = tuned.metadata("launch-katib", "best_model")
    assert re.fullmatch("[0-9a-f]{64}", about.pop("manifest_sha256"))
    assert about == {
        "experiment": best["experiment_name"],
        "model": "collected",
        "models": str(tuned.folder / "models"),
        "trial": best["best_trial"],
        "metric": "loss",
        "value": 0.0,
        "parameters": '{"lr": 0.2}',
        "image": TRAINING_IMAGE,
        "epoch": 1,
    }


def test_a_model_that_does_not_pass_is_not_promoted(machine: Machine) -> None:
    """The run succeeds on a smaller budget; the release place stays empty."""
    run(
        overrides={"max_trials": 1, "parallel_trials": 1},
        thresholds={"error": [0.5, 1]},
        release=str(machine.folder / "release"),
    )
    assert machine.metadata("launch-katib", "metrics")["trials_Succeeded"] == 1.0
    assert machine.parameters("evaluate-model") == {"passed": False}
    assert not machine.ran("promote")
    assert not machine.ran("register-model")
    assert not (machine.folder / "release").exists()


def test_a_search_without_models_goes_through(machine: Machine) -> None:
    """Where the manifest names no folder for models there is none to promote, and that is no failure."""
    run(manifest(*TRAIN))
    assert machine.metadata("launch-katib", "best_model")["model"] == "none"
    assert machine.parameters("launch-katib")["best_hyperparameters"] == {"lr": 0.2}
    assert machine.parameters("evaluate-model") == {"passed": False}


def test_a_failed_search_fails_the_run_with_its_log(failed: tuple[Machine, str]) -> None:
    """The step's own output ends with the failing trial's reason, exit code and last 20 lines."""
    shown = failed[1]
    assert "maxFailedTrialCount is 1" in shown
    assert "Exit code 3.). The end of its log:" in shown
    assert "CUDA out of memory" in shown
    assert "step 11 of" in shown
    assert "step 10 of" not in shown


def test_a_failed_search_leaves_its_trials(failed: tuple[Machine, str]) -> None:
    """Table, summary and report are written before the step fails."""
    step = next(failed[0].folder.glob("outputs/*/launch-katib"))
    assert "Failed" in (step / "trials").read_text()
    assert (step / "summary").exists()
    assert (step / "report").exists()


def test_the_exit_task_runs_after_a_failure(failed: tuple[Machine, str]) -> None:
    """Whatever happened, what still runs is looked for."""
    assert failed[0].parameters("clean-up") == {"ended": 0}


def test_a_manifest_with_errors_is_told_in_the_step(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started, and every error is in the output."""
    with pytest.raises(RuntimeError):
        run(manifest("train", "${trialParameters.lr}", maxTrialCount=-1))
    assert "spec.maxTrialCount: maxTrialCount is -1" in capsys.readouterr().out
    assert not (machine.folder / "runs").exists()


def test_data_at_a_destination_reach_the_trials_and_the_evaluation(tmp_path: Path) -> None:
    """Trials read them where they were asked for; no step copies them, and every one after finds them."""
    with machine_in(tmp_path) as machine:
        run(destination=str(tmp_path / "volume"), models=str(tmp_path / "models"))
        assert machine.metadata("prepare-data", "dataset")["address"] == str(tmp_path / "volume")
        assert not machine.path("prepare-data", "dataset").exists()
        assert machine.metadata("evaluate-model", "metrics") == {"error": 0.0, "points": 4.0}

# SPDX-License-Identifier: Apache-2.0
"""A launch on this machine, from the manifest's text to the outputs, without any pipeline."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import ExperimentFailed, InputError, KfpKatibError, StorageError, TimedOut
from kfp_katib.steps.launch_katib import Files, Identity, Limits, RunContext, SearchOutputs, launch
from tests.builders.manifest import MODEL, TRAIN, manifest

SEARCH = manifest(*TRAIN, "--out", MODEL)
SHELL = 'if [ "${trialParameters.lr}" = "0.1" ]; then echo loss=1; else %s; fi'


def launched(text: str, files: Files, **options: Any) -> SearchOutputs:
    """Launch a search with data and a place for models."""
    Path("data").mkdir(exist_ok=True)
    Path("data", "points.txt").write_text("0\n")
    return launch(text, files, RunContext("data", "models", "unused"), **{"engine": "local"} | options)


def shell(script: str, **spec: Any) -> str:
    """A search whose trials with another lr than 0.1 run a script; that one prints loss=1."""
    return manifest("sh", "-c", SHELL % script, **spec)


def test_the_best_model_is_collected_with_everything_to_read(files: Files) -> None:
    """Files of the winner, its parameters as numbers, the trials, the summary, the report."""
    outcome = launched(SEARCH, files)
    assert (Path(files.model) / "weight.txt").read_text() == "0.2"
    assert (outcome.parameters, outcome.value, outcome.metadata["model"]) == ({"lr": 0.2}, 0.0, "collected")
    assert all(Path(path).stat().st_size for path in (files.trials, files.summary, files.report))


def test_the_next_best_model_is_collected_where_the_best_is_lost(files: Files) -> None:
    """All outputs describe the trial whose model it is; the better one stands in the summary."""
    outcome = launched(manifest(*TRAIN, "--out", MODEL, "--lose", "0.2"), files)
    assert outcome.value == pytest.approx(0.1)
    assert outcome.parameters["lr"] in (0.1, 0.3)
    assert "was skipped" in Path(files.summary).read_text()


def test_a_search_that_promised_models_and_left_none_fails(files: Files) -> None:
    """It names the folders it looked into; what there is to read is written all the same."""
    lost = manifest(*TRAIN, "--out", MODEL, "--lose", "0.1", "0.2", "0.3")
    with pytest.raises(StorageError, match=r"left a whole model\. Looked in:\n    .*/models/shell-tuning-"):
        launched(lost, files)
    assert Path(files.trials).exists()


def test_a_search_whose_models_are_lost_says_why(files: Files) -> None:
    """The first reason is in the error itself: the summary may be out of reach."""
    lost = manifest(*TRAIN, "--out", MODEL, "--lose", "0.1", "0.2", "0.3")
    with pytest.raises(StorageError, match=r"\nTrial 'shell-tuning-.* was skipped: .*\nHave the trial"):
        launched(lost, files)


def test_what_a_search_found_is_written_whatever_becomes_of_its_model(files: Files, tmp_path: Path) -> None:
    """Here the place for the model cannot be made; the trials have cost hours all the same."""
    (tmp_path / "file").touch()
    unusable = replace(files, model=tmp_path / "file" / "model")
    with pytest.raises(StorageError, match=r"making .*file/model"):
        launched(SEARCH, unusable)
    assert all(Path(path).stat().st_size for path in (files.trials, files.summary, files.report))


@pytest.mark.parametrize(
    ("data", "models", "message"),
    [
        ("data", "s3:/bucket/models", "names no bucket"),
        ("data", "memory://models", "the models: 'memory://models' lies in one process"),
        ("data", "https://host/models", "can be read but not written to"),
        ("data", "nosuch://models", "nosuch:// addresses are not supported"),
        ("data", "models\n", "holds a control character"),
        ("file://host/data", "models", "names no folder of this machine"),
        ("s3:/bucket", "models", "names no bucket"),
    ],
)
def test_an_address_that_is_none_starts_nothing(files: Files, data: str, models: str, message: str) -> None:
    """Rather than a search whose models nobody finds."""
    with pytest.raises(InputError, match=message):
        launch(SEARCH, files, RunContext(data, models, "unused"), engine="local")
    assert not Path("runs").exists()


def test_models_are_found_where_the_trials_were_told_to_write(files: Files, tmp_path: Path) -> None:
    """However the place is spelled: the trials get the spelling that we use."""
    Path("data").mkdir()
    Path("data", "points.txt").write_text("0\n")
    context = RunContext(f"file://{tmp_path}/data", f"file://{tmp_path}/my%2Dmodels/", "unused")
    assert launch(SEARCH, files, context, engine="local").metadata["models"] == f"{tmp_path}/my-models"


def test_a_search_without_a_finite_objective_fails(files: Files) -> None:
    """Whatever its condition says, there is no best trial."""
    with pytest.raises(ExperimentFailed, match="No trial has a finite loss"):
        launched(manifest("sh", "-c", "echo loss=nan ${trialParameters.lr}"), files)


def test_the_error_carries_the_result(files: Files) -> None:
    """For whoever catches it."""
    with pytest.raises(ExperimentFailed, match="Exit code 3") as caught:
        launched(manifest(*TRAIN, "--fail"), files)
    assert caught.value.result.state == "Failed"


def test_no_time_left_fails_with_what_was_known(files: Files) -> None:
    """The trials so far are written, then the step fails."""
    with pytest.raises(TimedOut):
        launched(shell("sleep 60"), files, limits=Limits(timeout_seconds=3))
    assert "Succeeded" in Path(files.trials).read_text()


def test_no_time_left_can_mean_the_best_so_far(files: Files) -> None:
    """The step succeeds with the trial that the time was enough for."""
    outcome = launched(shell("sleep 60"), files, limits=Limits(timeout_seconds=3, on_timeout="best_so_far"))
    assert (outcome.parameters, outcome.value) == ({"lr": 0.1}, 1.0)


@pytest.mark.parametrize(
    ("cleanup", "command", "left"),
    [
        pytest.param("keep", "echo loss=2", True, id="keep"),
        pytest.param("delete_on_success", "echo loss=2", False, id="success"),
        pytest.param("delete_on_success", "false", True, id="a failed one stays for those who look"),
        pytest.param("delete_always", "false", False, id="always"),
    ],
)
def test_the_search_is_tidied_away_as_asked(files: Files, cleanup: str, command: str, left: bool) -> None:
    """Its folder in runs/ holds journal and logs."""
    failing = command == "false"
    try:
        launched(shell(command), files, cleanup=cleanup)
        assert not failing
    except ExperimentFailed:
        assert failing
    assert any(Path("runs").iterdir()) is left


def test_time_out_tidies_up_too(files: Files) -> None:
    """Always means always."""
    with pytest.raises(TimedOut):
        launched(shell("sleep 60"), files, cleanup="delete_always", limits=Limits(timeout_seconds=1))
    assert not any(Path("runs").iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"engine": "locl"}, "Did you mean 'local'", id="engine"),
        pytest.param({"cleanup": "delete"}, "experiment_cleanup is 'delete'", id="cleanup"),
        pytest.param({"overrides": {"trials": 1}}, "An override is 'trials'", id="overrides"),
        pytest.param({"identity": Identity("{{$.x}}", "t")}, "run_id is", id="identity"),
        pytest.param({"limits": Limits(0)}, "timeout_seconds is 0", id="no time"),
        pytest.param({"limits": Limits(float("nan"))}, "timeout_seconds is nan", id="no number"),
        pytest.param(
            {"limits": Limits(stall_timeout_seconds=-1)}, "stall_timeout_seconds is -1", id="negative"
        ),
        pytest.param({"limits": Limits(on_timeout="best_sofar")}, "Did you mean 'best_so_far'", id="policy"),
    ],
)
def test_bad_arguments_start_nothing(files: Files, options: dict[str, Any], message: str) -> None:
    """They are told before the first trial."""
    with pytest.raises(InputError, match=message):
        launched(SEARCH, files, **options)
    assert not Path("runs").exists()


def test_the_log_tells_how_far_it_is(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    """One line for every change of a trial, with the best so far."""
    with caplog.at_level(logging.INFO, logger="kfp_katib"):
        launched(SEARCH, files)
    told = [line for line in caplog.messages if line.startswith("trial ")]
    assert sorted(line.split()[2] for line in told) == [*["Running"] * 3, *["Succeeded"] * 3]
    assert told[-1].endswith("(3/3 trials, best loss=0.000000)")  # as the trial printed it


def test_a_search_needs_no_place_for_models(files: Files) -> None:
    """Where nothing writes any, none is collected, and the outputs describe the best trial."""
    outcome = launch(shell("echo loss=2"), files, RunContext(image="unused"), engine="local")
    assert (outcome.value, outcome.metadata["model"], outcome.metadata["models"]) == (1.0, "none", "")


def test_a_cluster_that_cannot_be_reached_is_told(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine of that name talks to Kubernetes; nothing falls back to this machine."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nothing"))
    with pytest.raises(KfpKatibError, match="KUBECONFIG"):
        launched(shell("echo loss=2"), files, engine="katib", identity=Identity("run", "task"))
    assert not Path("runs").exists()

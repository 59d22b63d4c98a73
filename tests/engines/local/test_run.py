# SPDX-License-Identifier: Apache-2.0
"""A search from its manifest to its Result, with real trials."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.results import Metric, Result
from tests.builders.manifest import LOSS
from tests.builders.search import PRINT, search
from tests.engines.local.searches import by_lr, one, only, unused_lr


def test_the_budget_ends_a_search(tmp_path: Path) -> None:
    """State, reason and message are Katib's; trials come in order of creation, the best is the least loss."""
    result = run(search(PRINT), runs=tmp_path)
    assert (result.state, result.reason) == ("Succeeded", "ExperimentMaxTrialsReached")
    assert result.message == "Experiment has succeeded because max trial count has reached"
    assert len(result.trials) == 3
    assert [trial.started for trial in result.trials] == sorted(
        trial.started for trial in result.trials if trial.started
    )
    assert result.best == min(by_lr(result).items())[1]
    assert result.succeeded


def test_a_trial_says_all_about_itself(tmp_path: Path) -> None:
    """Name, parameters, state, metrics, times, exit code, log tail and where its model is."""
    result = run(search("echo hello; " + PRINT, maxTrialCount=1), runs=tmp_path, models="s3://bucket/models/")
    trial = only(result)
    assert trial.name.startswith("tune-")
    assert (trial.state, trial.reason, trial.message) == (
        "Succeeded",
        "TrialSucceeded",
        "Trial has succeeded",
    )
    lr = trial.parameters["lr"]
    assert trial.metrics == {"loss": Metric(lr, lr, lr)}
    assert trial.exit_code == 0
    assert trial.log_tail == f"hello\nloss={lr}"
    assert trial.model_uri == f"s3://bucket/models/tune/{trial.name}"
    assert trial.started
    assert trial.ended
    assert trial.started < trial.ended


@pytest.mark.parametrize(
    ("script", "state", "says"),
    [
        (PRINT, "Succeeded", "Trial has succeeded"),
        ("echo loss=0.1; if true; then exit 3; fi", "Failed", "Exit code 3"),
        ("echo loss=0.1; if true; then exit 0; fi", "Failed", "completion mark"),
        ("if true; then exec echo loss=0.1; fi", "Failed", "completion mark"),
        ("echo loss=0.1; echo done", "MetricsUnavailable", "only the last one's output"),
        (
            "echo accuracy=0.1",
            "MetricsUnavailable",
            "It holds `accuracy`, but no 'loss'. Write `loss=<number>`",
        ),
        ("echo loss=nan", "Succeeded", "Trial has succeeded"),
        ("kill -9 $PPID", "Failed", "Exit code 137"),
        ("no-such-program", "Failed", "Exit code 127"),
    ],
)
def test_the_states_of_a_trial(tmp_path: Path, script: str, state: str, says: str) -> None:
    """Each way in which a trial can end has Katib's state and a message that says why."""
    trial = one(script, tmp_path, **unused_lr(script))
    assert trial.state == state
    assert says in trial.message


def test_a_diverged_trial_never_wins(tmp_path: Path) -> None:
    """`loss=nan` leaves an empty text: the trial succeeds as in Katib, and is not the best."""
    script = "test ${trialParameters.lr} = 0.1 && value=nan || value=${trialParameters.lr}; echo loss=$value"
    result = run(search(script, maxTrialCount=9), runs=tmp_path)
    assert [trial.state for trial in result.trials] == ["Succeeded"] * 9
    assert by_lr(result)["0.1"].metrics["loss"].latest == ""
    assert result.best == by_lr(result)["0.2"]


def test_a_search_without_a_finite_value_has_no_success(tmp_path: Path) -> None:
    """Katib's condition is Succeeded; the Result says that it is none."""
    result = run(search("echo loss=nan${trialParameters.lr}"), runs=tmp_path)
    assert result.state == "Succeeded"
    assert not result.succeeded
    assert any("no trial has a finite loss" in note for note in result.notes)


def test_the_goal_ends_a_search_and_the_trials_that_run(tmp_path: Path) -> None:
    """The trial that reaches the goal is the last that counts; what still runs is killed."""
    script = f"mkdir {tmp_path}/first 2> /dev/null && sleep 600; " + PRINT
    goal = {**LOSS, "goal": 1}
    result = run(search(script, objective=goal, parallelTrialCount=2, maxTrialCount=8), runs=tmp_path)
    assert result.reason == "ExperimentGoalReached"
    assert sorted(trial.state for trial in result.trials) == ["Killed", "Succeeded"]
    assert result.best
    assert result.best.state == "Succeeded"


def test_failures_end_a_search(tmp_path: Path) -> None:
    """At maxFailedTrialCount the Experiment has failed, with its best trial none the less."""
    script = f"mkdir {tmp_path}/first || exit 1; " + PRINT
    result = run(search(script, maxFailedTrialCount=2, maxTrialCount=9), runs=tmp_path)
    assert (result.state, result.reason) == ("Failed", "ExperimentFailed")
    assert [trial.state for trial in result.trials] == ["Succeeded", "Failed", "Failed"]
    assert result.best == result.trials[0]


def test_unavailable_metrics_use_the_budget_and_no_more(tmp_path: Path) -> None:
    """Katib starts surplus trials for these; here there are maxTrialCount and not one more."""
    result = run(search("echo nothing ${trialParameters.lr}", parallelTrialCount=3), runs=tmp_path)
    assert [trial.state for trial in result.trials] == ["MetricsUnavailable"] * 3


def test_an_exhausted_grid_ends_a_search_without_a_budget(tmp_path: Path) -> None:
    """Every cell has run: the reason is the one that Katib has for it."""
    experiment = replace(search(PRINT), max_trial_count=None)
    result = run(experiment, runs=tmp_path)
    assert result.reason == "ExperimentSuggestionEndReached"
    assert len(result.trials) == 9


def test_trials_run_side_by_side(tmp_path: Path) -> None:
    """With parallelTrialCount 3, three trials meet: each waits for the two others."""
    meet = f"touch {tmp_path}/${{trialParameters.trial}}.here; "
    wait = f"until [ $(ls {tmp_path}/*.here | wc -l) = 3 ]; do sleep 0.02; done; "
    result = run(search(meet + wait + PRINT, parallelTrialCount=3), runs=tmp_path / "runs")
    assert result.count("Succeeded") == 3


def test_no_more_than_parallel_trials_run(tmp_path: Path) -> None:
    """Each trial counts those that run while it does."""
    script = f"touch {tmp_path}/$$.runs; ls {tmp_path}/*.runs | wc -l >> {tmp_path}/seen; sleep 0.05; "
    end = f"rm {tmp_path}/$$.runs; "
    changes: dict[str, Any] = {"parallelTrialCount": 2, "maxTrialCount": 9}
    run(
        search(script.replace("$$", "$$$$") + end.replace("$$", "$$$$") + PRINT, **changes),
        runs=tmp_path / "r",
    )
    assert max(map(int, (tmp_path / "seen").read_text().split())) == 2


def test_progress_is_told(tmp_path: Path) -> None:
    """After each change of a trial comes a Progress, whose Result is made when asked for."""
    seen: list[Result] = []
    run(search(PRINT, maxTrialCount=2), runs=tmp_path, on_update=lambda now: seen.append(now.result()))
    assert [result.state for result in seen] == ["Running"] * 4
    assert [[trial.state for trial in result.trials] for result in seen] == [
        ["Running"],
        ["Succeeded"],
        ["Succeeded", "Running"],
        ["Succeeded", "Succeeded"],
    ]


def test_each_change_is_one_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One INFO line for each change of state, nothing else."""
    with caplog.at_level(logging.INFO, logger="kfp_katib"):
        trial = one(PRINT, tmp_path)
    assert [record.getMessage() for record in caplog.records] == [
        f"trial {trial.name}: Running Trial is running",
        f"trial {trial.name}: Succeeded Trial has succeeded",
    ]


def test_what_is_not_used_is_said_once(tmp_path: Path) -> None:
    """One note names the manifest's fields without a meaning here."""
    result = run(search(PRINT, maxTrialCount=1), runs=tmp_path)
    assert result.notes[:-1] == ("Not used here: image, restartPolicy, backoffLimit.",)


def test_random_state_repeats_a_search(tmp_path: Path) -> None:
    """The same values under the same names; without it, both are new."""
    chance = {"algorithmName": "random", "algorithmSettings": [{"name": "random_state", "value": "5"}]}
    runs = [run(search(PRINT, algorithm=chance), runs=tmp_path / name).trials for name in "ab"]
    assert [(t.name, t.parameters) for t in runs[0]] == [(t.name, t.parameters) for t in runs[1]]
    free = [run(search(PRINT), runs=tmp_path / name).trials for name in "cd"]
    assert free[0][0].name != free[1][0].name


# Environment and folders

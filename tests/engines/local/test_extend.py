# SPDX-License-Identifier: Apache-2.0
"""A search goes on after its end when the manifest allows more; what has finished stays as it was."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines import local
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import TimedOut
from kfp_katib.results import Result
from tests.builders.search import PRINT, manifest, search
from tests.engines.local import drive
from tests.support.waiting import until


def counting(place: Path, then: str = PRINT) -> str:
    """A script that writes down which trial ran."""
    return f"echo ${{trialParameters.trial}} >> {place}/ran; {then}"


def ran(place: Path) -> list[str]:
    """The trials in the order in which they began."""
    file = place / "ran"
    return file.read_text().split() if file.exists() else []


def goal(value: float) -> dict[str, Any]:
    """The objective with this goal."""
    return {"type": "minimize", "objectiveMetricName": "loss", "goal": value}


def extended(place: Path, before: dict[str, Any], after: dict[str, Any], script: str = "") -> list[Result]:
    """Both Results of a search that ran under one manifest and then under another."""
    script = counting(place, script or PRINT)
    results = [run(search(script, **each), runs=place / "runs") for each in (before, after)]
    first, second = results
    assert second.trials[: len(first.trials)] == first.trials
    assert len(ran(place)) == len(set(ran(place)))
    return results


FAILS = "test ${trialParameters.lr} != 0.1 || exit 1; test ${trialParameters.lr} != 0.2 || exit 1; " + PRINT
ROWS = {"maxTrialCount": 9}
"""With a budget of the whole grid its cells come in order."""


@pytest.mark.parametrize(
    ("before", "after", "script", "reasons", "trials"),
    [
        ({}, {"maxTrialCount": 5}, PRINT, ("MaxTrialsReached", "MaxTrialsReached"), 5),
        ({}, ROWS, PRINT, ("MaxTrialsReached", "MaxTrialsReached"), 9),
        ({"maxTrialCount": 5}, {"maxTrialCount": 3}, PRINT, ("MaxTrialsReached", "MaxTrialsReached"), 5),
        (
            {**ROWS, "maxFailedTrialCount": 1},
            {**ROWS, "maxFailedTrialCount": 3},
            FAILS,
            ("Failed", "MaxTrialsReached"),
            9,
        ),
        (
            {**ROWS, "maxFailedTrialCount": 1},
            {**ROWS, "maxFailedTrialCount": 2},
            FAILS,
            ("Failed", "Failed"),
            2,
        ),
        (
            {**ROWS, "objective": goal(0.3)},
            {**ROWS, "objective": goal(0.05)},
            PRINT,
            ("GoalReached", "MaxTrialsReached"),
            9,
        ),
        ({}, {"objective": goal(0.95)}, PRINT, ("MaxTrialsReached", "GoalReached"), 3),
    ],
    ids=[
        "larger budget",
        "the whole grid",
        "smaller budget",
        "more failures allowed",
        "not enough of them",
        "stricter goal",
        "a goal that is reached already",
    ],
)
def test_the_verdict_follows_from_the_manifest(
    tmp_path: Path,
    before: dict[str, Any],
    after: dict[str, Any],
    script: str,
    reasons: tuple[str, str],
    trials: int,
) -> None:
    """Trials that have ended stay as they are, and count under the new manifest."""
    results = extended(tmp_path, before, after, script)
    assert [result.reason for result in results] == [f"Experiment{reason}" for reason in reasons]
    assert len(results[1].trials) == trials
    again = local.read("tune", RunOptions(runs=tmp_path / "runs"))
    assert (again.reason, again.trials) == (results[1].reason, results[1].trials)


def test_killed_trials_stay_killed_and_count(tmp_path: Path) -> None:
    """Nobody needed them at the verdict; Katib counts them as completed, and so it stays."""
    script = f"test ${{trialParameters.lr}} = 0.1 || sleep 600; {PRINT}"
    before = {**ROWS, "parallelTrialCount": 2, "objective": goal(0.1)}
    first = run(search(counting(tmp_path, script), **before), runs=tmp_path / "runs")
    assert sorted(trial.state for trial in first.trials) == ["Killed", "Succeeded"]
    after = {**ROWS, "maxTrialCount": 2, "parallelTrialCount": 1, "objective": goal(0.05)}
    second = run(search(counting(tmp_path, script), **after), runs=tmp_path / "runs")
    assert (second.reason, second.trials) == ("ExperimentMaxTrialsReached", first.trials)


def test_what_changed_is_noted(tmp_path: Path) -> None:
    """In the run that changes it, and not in the next."""
    _, second = extended(tmp_path, {}, {"maxTrialCount": 4})
    assert "Changed since the last run: spec.maxTrialCount was 3 and is 4." in second.notes
    third = run(search(counting(tmp_path), maxTrialCount=4), runs=tmp_path / "runs")
    assert not any("Changed" in note for note in third.notes)


def test_a_search_that_timed_out_goes_on_with_more(tmp_path: Path) -> None:
    """What had ended stays; the trial that was stopped runs again, and then the rest."""
    script = counting(tmp_path, f"test -e {tmp_path}/go || mkdir {tmp_path}/first || sleep 600; {PRINT}")
    with pytest.raises(TimedOut) as caught:
        run(search(script), runs=tmp_path / "runs", timeout_seconds=3)
    (tmp_path / "go").touch()
    result = run(search(script, maxTrialCount=4), runs=tmp_path / "runs")
    assert caught.value.result
    assert result.trials[0] == caught.value.result.trials[0]
    assert [trial.state for trial in result.trials] == ["Succeeded"] * 4
    assert len(ran(tmp_path)) == 5


def test_a_search_that_was_interrupted_goes_on_with_more(tmp_path: Path) -> None:
    """After Ctrl-C in the middle of an extension, with another budget once more."""
    script = counting(tmp_path, f"test -e {tmp_path}/go || test ! -e {tmp_path}/hang || sleep 600; {PRINT}")
    first = run(search(script), runs=tmp_path / "runs")
    (tmp_path / "hang").touch()
    with drive.start(manifest(script, maxTrialCount=5), tmp_path / "runs") as engine:
        until(lambda: len(ran(tmp_path)) == 4)
        engine.send_signal(signal.SIGINT)
        engine.communicate(timeout=60)
    assert local.read("tune", RunOptions(runs=tmp_path / "runs")).state == "Running"
    (tmp_path / "go").touch()
    result = run(search(script, maxTrialCount=6), runs=tmp_path / "runs")
    assert result.trials[:3] == first.trials
    assert [trial.state for trial in result.trials] == ["Succeeded"] * 6


def test_a_kill_after_any_line_of_an_extension(tmp_path: Path) -> None:
    """Nothing is lost, and whoever reads the search meanwhile never sees a verdict that is not due."""
    script = counting(tmp_path)
    first = run(search(script), runs=tmp_path / "runs")
    file = tmp_path / "runs" / "tune" / "journal"
    before = len(file.read_bytes().splitlines())
    whole = run(search(script, maxTrialCount=5), runs=tmp_path / "runs")
    lines = file.read_bytes().splitlines(keepends=True)
    for kept in range(before, len(lines)):
        file.write_bytes(b"".join(lines[:kept]))
        seen = local.read("tune", RunOptions(runs=tmp_path / "runs"))
        count = seen.experiment.max_trial_count
        assert count is not None
        assert (seen.state == "Succeeded") is (seen.completed >= count), kept
        again = run(search(script, maxTrialCount=5), runs=tmp_path / "runs")
        assert again.trials[:3] == first.trials
        assert [(each.name, each.parameters) for each in again.trials] == [
            (each.name, each.parameters) for each in whole.trials
        ]
        assert again.reason == "ExperimentMaxTrialsReached"


ALGORITHMS = ("random", "grid", "sobol", "tpe", "multivariate-tpe", "bayesianoptimization", "cmaes")
MOMENTS = int(os.environ.get("KFP_KATIB_EXTEND_MOMENTS", "3"))
"""How often an algorithm's engine is killed, each time with a larger budget; 20 in the thorough run."""
SPACE = [
    {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "9", "step": "0.1"}},
    {"name": "size", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "9"}},
]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_kill_at_a_random_moment_of_an_extension(tmp_path: Path, algorithm: str) -> None:
    """Whichever algorithm searches: what has finished is there to the end, and ran once."""
    chance = random.Random(f"{algorithm}/{MOMENTS}")
    script = counting(tmp_path, f"sleep 0.05; echo ${{trialParameters.size}}; {PRINT}")
    runs = tmp_path / "runs"
    done: dict[str, int] = {}
    spec: dict[str, Any] = {"parameters": SPACE, "algorithm": {"algorithmName": algorithm}}
    for moment in range(1, MOMENTS + 1):
        more = {**spec, "maxTrialCount": 3 * moment, "parallelTrialCount": 1 + moment % 3}
        begun = len(ran(tmp_path))
        with drive.start(manifest(script, **more), runs) as engine:
            until(lambda begun=begun: len(ran(tmp_path)) > begun)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.3))
            engine.kill()
        assert done.items() <= drive.finished(runs).items()
        done = drive.finished(runs)
    budget = 3 * MOMENTS + 3
    result = run(search(script, **spec, maxTrialCount=budget, parallelTrialCount=2), runs=runs)
    assert done.items() <= drive.finished(runs).items()
    assert [trial.state for trial in result.trials] == ["Succeeded"] * budget
    assert all(ran(tmp_path).count(name) == 1 for name in done)


def test_a_dashboard_reads_an_extended_search(tmp_path: Path) -> None:
    """The manifest is one attribute, whose last value counts for Optuna as well."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    extended(tmp_path, {}, {"maxTrialCount": 4})
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "runs" / "tune" / "journal")))
    study = optuna.load_study(study_name="tune", storage=storage)
    assert len(study.trials) == 4
    assert json.loads(study.user_attrs["kfp-katib:manifest"])["spec"]["maxTrialCount"] == 4

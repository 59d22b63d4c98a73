# SPDX-License-Identifier: Apache-2.0
"""`retry_failed`: the values of failed trials run again, and what failed before counts no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines import local
from kfp_katib.engines.local.folder import open_folder
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from kfp_katib.results import Progress, Result
from tests.builders.search import PRINT, search


def flaky(place: Path, *lrs: str) -> str:
    """A script that fails for these values until somebody mends it."""
    fails = "; ".join(
        f"test ${{trialParameters.lr}} != {lr} || test -e {place}/mended || exit 1" for lr in lrs
    )
    return f"echo ${{trialParameters.trial}} >> {place}/ran; {fails}; {PRINT}"


def retried(place: Path, script: str, **spec: Any) -> tuple[Result, Result]:
    """A search whose cells come in order, before it is mended and after its failed trials ran again."""
    experiment = search(script, **({"maxTrialCount": 9} | spec))
    first = run(experiment, runs=place / "runs")
    (place / "mended").touch()
    return first, run(experiment, runs=place / "runs", retry_failed=True)


def test_failed_values_run_again(tmp_path: Path) -> None:
    """The others stay; there are as many trials as before, with the same values, and none has failed."""
    first, second = retried(tmp_path, flaky(tmp_path, "0.2", "0.5"), maxFailedTrialCount=5)
    assert (first.count("Failed"), second.count("Failed"), len(second.trials)) == (2, 0, 9)
    kept = [trial for trial in first.trials if not trial.failed]
    assert list(second.trials[:7]) == kept
    assert [trial.parameters["lr"] for trial in second.trials[7:]] == ["0.2", "0.5"]
    assert second.reason == "ExperimentMaxTrialsReached"
    assert "2 failed trials were run again and no longer count." in second.notes
    assert len((tmp_path / "ran").read_text().split()) == 11


def test_progress_counts_what_runs_again(tmp_path: Path) -> None:
    """Each is one trial, from the first word on it to the last."""
    script = flaky(tmp_path, "0.2", "0.5")
    experiment = search(script, maxTrialCount=9, maxFailedTrialCount=5)
    run(experiment, runs=tmp_path / "runs")
    told: list[Progress] = []
    (tmp_path / "mended").touch()
    run(experiment, runs=tmp_path / "runs", retry_failed=True, on_update=told.append)
    counts = [(each.completed, each.running, each.waiting, each.failed) for each in told]
    assert counts == [(7, 1, 1, 0), (8, 0, 1, 0), (8, 1, 0, 0), (9, 0, 0, 0)]
    assert told[0].earlier == 7


def test_whoever_watches_counts_what_runs_again_once(tmp_path: Path) -> None:
    """A trial that waits its turn has no name in the journal yet; it is counted when it gets one."""
    retried(tmp_path, flaky(tmp_path, "0.2", "0.5"), maxFailedTrialCount=5)
    file = tmp_path / "runs" / "tune" / "journal"
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    asked = max(number for number, line in enumerate(lines) if b"kfp-katib:retries" in line)
    told: list[Progress] = []

    def go_on(progress: Progress) -> None:
        told.append(progress)
        file.write_bytes(whole)

    file.write_bytes(b"".join(lines[: asked + 1]))
    with open_folder(tmp_path / "runs", "tune"):
        local.watch("tune", RunOptions(runs=tmp_path / "runs", on_update=go_on))
    counts = [(each.completed, each.running, each.failed) for each in told]
    assert counts == [(7, 0, 0), (9, 0, 0)]


def test_a_search_that_failed_by_its_failures_goes_on(tmp_path: Path) -> None:
    """Their count is 0 again."""
    first, second = retried(tmp_path, flaky(tmp_path, "0.1", "0.2"), maxFailedTrialCount=2)
    assert (first.state, len(first.trials)) == ("Failed", 2)
    assert (second.state, second.count("Succeeded")) == ("Succeeded", 9)


def test_what_failed_stays_on_disk_and_in_the_journal(tmp_path: Path) -> None:
    """Its folder with its log; whoever reads the search sees it no more, and is told so."""
    first, second = retried(tmp_path, flaky(tmp_path, "0.2"), maxFailedTrialCount=5)
    (failed,) = first.failures
    assert (tmp_path / "runs" / "tune" / failed.name / "log").exists()
    read = local.read("tune", RunOptions(runs=tmp_path / "runs"))
    assert read.trials == second.trials
    assert "1 failed trial was run again and no longer counts." in read.notes


def test_what_fails_again_can_run_again(tmp_path: Path) -> None:
    """A trial that stands for a failed one may fail as well."""
    script = flaky(tmp_path, "0.2")
    experiment = search(script, maxTrialCount=9, maxFailedTrialCount=5)
    for _ in range(3):
        result = run(experiment, runs=tmp_path / "runs", retry_failed=True)
        assert (result.count("Failed"), len(result.trials)) == (1, 9)
    (tmp_path / "mended").touch()
    result = run(experiment, runs=tmp_path / "runs", retry_failed=True)
    assert result.count("Succeeded") == 9
    assert "3 failed trials were run again and no longer count." in result.notes


def test_where_nothing_failed_nothing_runs(tmp_path: Path) -> None:
    """The Result is the same."""
    experiment = search(f"echo x >> {tmp_path}/count; {PRINT}")
    first = run(experiment, runs=tmp_path / "runs", retry_failed=True)
    second = run(experiment, runs=tmp_path / "runs", retry_failed=True)
    assert (second.reason, second.trials) == (first.reason, first.trials)
    assert (tmp_path / "count").read_text() == "x\n" * 3


def test_after_the_goal_nothing_runs_again(tmp_path: Path) -> None:
    """The verdict would be the same without the trials that failed."""
    goal = {"type": "minimize", "objectiveMetricName": "loss", "goal": 0.2}
    script = flaky(tmp_path, "0.1")
    first, second = retried(tmp_path, script, objective=goal, maxFailedTrialCount=5)
    assert (second.reason, second.trials) == (first.reason, first.trials)
    assert first.reason == "ExperimentGoalReached"
    assert first.count("Failed") == 1


def test_a_kill_after_any_line(tmp_path: Path) -> None:
    """Each failed trial is what it was, or another one stands for it, which runs when the search goes on."""
    _, second = retried(tmp_path, flaky(tmp_path, "0.2", "0.3"), maxFailedTrialCount=5)
    file = tmp_path / "runs" / "tune" / "journal"
    lines = file.read_bytes().splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if b"kfp-katib:retries" in line)
    experiment = search(flaky(tmp_path, "0.2", "0.3"), maxTrialCount=9, maxFailedTrialCount=5)
    for kept in range(start, len(lines)):
        file.write_bytes(b"".join(lines[:kept]))
        seen = local.read("tune", RunOptions(runs=tmp_path / "runs"))
        assert len(seen.trials) == 9
        assert (seen.state == "Succeeded") is (seen.completed == 9)
        again = run(experiment, runs=tmp_path / "runs", retry_failed=True)
        assert [trial.name for trial in again.trials] == [trial.name for trial in second.trials]
        assert again.count("Succeeded") == 9


@pytest.mark.parametrize("number", [0, 10, -1, "1", True, None], ids=str)
def test_a_trial_that_stands_for_none_that_failed_is_damage(tmp_path: Path, number: object) -> None:
    """The first has succeeded; there is no eleventh."""
    retried(tmp_path, flaky(tmp_path, "0.2"), maxFailedTrialCount=5)
    file = tmp_path / "runs" / "tune" / "journal"
    changed = [damaged(line, number) for line in file.read_text().splitlines()]
    file.write_text("".join(changed))
    with pytest.raises(InputError, match=r"is damaged, line \d+ \(kfp-katib:retries: "):
        local.read("tune", RunOptions(runs=tmp_path / "runs"))


def damaged(line: str, number: object) -> str:
    """A line that names another trial than the one for which its own stands."""
    log = json.loads(line)
    if "kfp-katib:retries" in log.get("user_attrs", {}):
        log["user_attrs"]["kfp-katib:retries"] = number
    return json.dumps(log) + "\n"

# SPDX-License-Identifier: Apache-2.0
"""A search that goes on: after a kill at any moment no finished trial is lost, and none runs twice."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.resume import reopen_study
from kfp_katib.errors import InputError
from kfp_katib.results import Metric, Progress, TrialCondition
from kfp_katib.results.verdict import GOAL_REACHED
from kfp_katib.trial.processes import process
from tests.builders.search import PRINT, manifest, search
from tests.engines.local import drive
from tests.engines.local.drive import MOMENTS, alive, finished, hanging, pids
from tests.support.waiting import until


def test_kill_at_random_moments(tmp_path: Path) -> None:
    """The engine is killed again and again; each exit status that was there stays as it was, to the end."""
    runs = tmp_path / "runs"
    budget = 8 * MOMENTS
    numbers = {"name": "lr", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "999"}}
    spec: dict[str, Any] = {"parallelTrialCount": 2, "maxTrialCount": budget, "parameters": [numbers]}
    done = drive.kill_at_random_moments(manifest(f"sleep 0.1; {PRINT}", **spec), runs, most_seconds=0.2)
    result = run(search(f"sleep 0.1; {PRINT}", **spec), runs=runs)
    assert done.items() <= finished(runs).items()
    assert [trial.state for trial in result.trials] == ["Succeeded"] * budget
    assert {trial.name for trial in result.trials} == set(finished(runs))
    assert len({trial.parameters["lr"] for trial in result.trials}) == budget


def killed(tmp_path: Path, script: str, trials: int, **spec: Any) -> None:
    """Runs an engine until so many trials have begun, then kills it; its trials live on."""
    with drive.start(manifest(script, **spec), tmp_path / "runs") as engine:
        until(lambda: len(pids(tmp_path)) == trials)
        os.kill(engine.pid, signal.SIGKILL)


def test_orphans_are_ended_first(tmp_path: Path) -> None:
    """What a killed engine left running is killed before the trial runs again."""
    script = f"echo $$$$ > {tmp_path}/$$$$.pid; test -e {tmp_path}/go || sleep 600; {PRINT}"
    killed(tmp_path, script, 2, parallelTrialCount=2)
    orphans = pids(tmp_path)
    assert alive(tmp_path)
    (tmp_path / "go").touch()
    result = run(search(script, parallelTrialCount=2), runs=tmp_path / "runs")
    assert not any(found.alive for pid in orphans if (found := process(pid)))
    assert [trial.state for trial in result.trials] == ["Succeeded"] * 3


def test_a_trial_that_ended_meanwhile_is_collected(tmp_path: Path) -> None:
    """Its exit status was written by itself; it does not run again."""
    count = f"echo $$$$ > {tmp_path}/$$$$.pid; echo x >> {tmp_path}/count; "
    wait = f"until test -e {tmp_path}/go; do sleep 0.02; done; "
    script = count + wait + PRINT
    killed(tmp_path, script, 1)
    (tmp_path / "go").touch()
    until(lambda: bool(finished(tmp_path / "runs")))
    until(lambda: not alive(tmp_path))
    result = run(search(script), runs=tmp_path / "runs")
    assert [trial.state for trial in result.trials] == ["Succeeded"] * 3
    assert (tmp_path / "count").read_text() == "x\n" * 3
    assert result.trials[0].exit_code == 0


def test_a_module_that_a_collected_trial_did_not_find_is_explained(tmp_path: Path) -> None:
    """With the Python that ran it, although its engine is gone."""
    wait = f"echo $$$$ > {tmp_path}/$$$$.pid; until test -e {tmp_path}/go; do sleep 0.02; done; "
    script = f"{wait} python -c 'import no_such_module' && {PRINT}"
    spec = {"maxTrialCount": 1, "maxFailedTrialCount": 1}
    killed(tmp_path, script, 1, **spec)
    (tmp_path / "go").touch()
    until(lambda: bool(finished(tmp_path / "runs")))
    until(lambda: not alive(tmp_path))
    result = run(search(script, **spec), runs=tmp_path / "runs")
    (trial,) = result.trials
    assert "No module named 'no_such_module': python in a trial is Python 3" in trial.message


def test_a_finished_search_is_not_run_again(tmp_path: Path) -> None:
    """Its Result comes back as it was, log tails included; no trial runs."""
    script = f"echo x >> {tmp_path}/count; {PRINT}"
    first = run(search(script), runs=tmp_path / "runs")
    second = run(search(script), runs=tmp_path / "runs")
    assert second == first
    assert (tmp_path / "count").read_text() == "x\n" * 3


def test_again_starts_anew(tmp_path: Path) -> None:
    """The earlier search is put aside whole; new names, so that no old model is taken for a new trial's."""
    chance = {"algorithmName": "random", "algorithmSettings": [{"name": "random_state", "value": "5"}]}
    experiment = search(PRINT, algorithm=chance)
    results = [run(experiment, runs=tmp_path, again=True) for _ in range(3)]
    names = [{trial.name for trial in result.trials} for result in results]
    assert len(set.union(*names)) == 9
    for number, earlier in enumerate(names[:2], start=1):
        aside = {entry.name for entry in (tmp_path / "tune" / "earlier" / str(number)).iterdir()}
        assert aside == earlier | {"journal"}


def test_again_ends_what_still_runs(tmp_path: Path) -> None:
    """Orphans of the search that is put aside do not live on."""
    killed(tmp_path, hanging(tmp_path), 2)
    (tmp_path / "first").rmdir()
    with pytest.raises(ZeroDivisionError):
        run(search(hanging(tmp_path)), runs=tmp_path / "runs", again=True, on_update=_stop)
    assert not alive(tmp_path)


def _stop(progress: Progress) -> None:
    raise ZeroDivisionError


def test_another_manifest_is_refused(tmp_path: Path) -> None:
    """The message names the fields that changed and the ways on."""
    run(search(PRINT), runs=tmp_path)
    other = search(f"true; {PRINT}")
    said = r'container\.command\[2\] was "echo .*" and is "true; .*"\. Undo the change'
    with pytest.raises(
        InputError, match=said + r".*again=True, .*name='OTHER', warm_start=the Result of \S+/tune"
    ):
        run(other, runs=tmp_path)
    assert run(other, runs=tmp_path, again=True).count("Succeeded") == 3


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    """A machine that lost power may leave half a line: the trial it spoke of is judged by its files."""
    whole = run(search(PRINT), runs=tmp_path)
    lines = (tmp_path / "tune" / "journal").read_bytes().splitlines(keepends=True)
    for torn in (lines[-1][:-5], b"\0" * 50 + b"\n"):
        (tmp_path / "tune" / "journal").write_bytes(b"".join(lines[:-1]) + torn)
        assert run(search(PRINT), runs=tmp_path) == whole


@pytest.mark.parametrize("kept", range(2, 15))
def test_a_journal_that_ends_anywhere(tmp_path: Path, kept: int) -> None:
    """Whatever record is the last one, the search ends with the same trials, each of which ran once."""
    script = f"echo x >> {tmp_path}/count; {PRINT}"
    whole = run(search(script), runs=tmp_path / "runs")
    file = tmp_path / "runs" / "tune" / "journal"
    lines = file.read_bytes().splitlines(keepends=True)
    assert kept <= len(lines)
    file.write_bytes(b"".join(lines[:kept]))
    again = run(search(script), runs=tmp_path / "runs")
    assert [(trial.name, trial.parameters) for trial in again.trials] == [
        (trial.name, trial.parameters) for trial in whole.trials
    ]
    assert again.count("Succeeded") == 3
    known = sum(b"exit_code" in line for line in lines[:kept]) // 2
    assert (tmp_path / "count").read_text().count("x") <= 6 - known


def test_a_damaged_line_is_refused(tmp_path: Path) -> None:
    """Damage in the middle cannot be mended by dropping it; a new start puts it aside."""
    run(search(PRINT), runs=tmp_path)
    file = tmp_path / "tune" / "journal"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:3], b"{broken\n", *lines[3:]]))
    with pytest.raises(InputError, match=r"journal .* is damaged.*again=True"):
        run(search(PRINT), runs=tmp_path)
    assert run(search(PRINT), runs=tmp_path, again=True).succeeded


def test_a_lock_that_was_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    """Optuna's lock beside the journal belongs to nobody who is alive."""
    (tmp_path / "tune").mkdir()
    (tmp_path / "tune" / "journal.lock").symlink_to(tmp_path / "tune" / "journal")
    start = time.monotonic()
    assert run(search(PRINT), runs=tmp_path).succeeded
    assert time.monotonic() - start < 20


def test_a_kill_between_verdict_and_end(tmp_path: Path) -> None:
    """With the verdict written, trials that still run are killed and count as Killed, not as failed."""
    script = f"echo $$$$ > {tmp_path}/$$$$.pid; sleep 600; {PRINT}"
    goal = {"type": "minimize", "objectiveMetricName": "loss", "goal": 0.1}
    killed(tmp_path, script, 2, parallelTrialCount=2, objective=goal)
    experiment = search(script, parallelTrialCount=2, objective=goal)
    folder = RunFolder(tmp_path / "runs" / "tune")
    journal = reopen_study(experiment, folder).journal
    journal.release()
    reached = TrialCondition("Succeeded", "", "", {"loss": Metric("0.1", "0.1", "0.1")})
    journal.write(replace(journal.records[0], outcome=reached))
    journal.end(GOAL_REACHED)
    result = run(experiment, runs=tmp_path / "runs")
    assert result.reason == "ExperimentGoalReached"
    assert [trial.state for trial in result.trials] == ["Succeeded", "Killed"]
    assert not alive(tmp_path)


def test_an_optuna_dashboard_can_look_on(tmp_path: Path) -> None:
    """The journal is a plain Optuna study: names, values and states as Optuna has them."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import TrialState

    script = f"mkdir {tmp_path}/first || exit 1; {PRINT}"
    result = run(search(script), runs=tmp_path / "runs")
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "runs" / "tune" / "journal")))
    study = optuna.load_study(study_name="tune", storage=storage)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL]
    assert study.best_value == float(result.trials[0].parameters["lr"])

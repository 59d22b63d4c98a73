# SPDX-License-Identifier: Apache-2.0
"""A search that is stopped before its verdict: by the clock, by Ctrl-C, by SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.errors import InputError, TimedOut
from kfp_katib.results import Progress, Result
from tests.builders.search import PRINT, manifest, search
from tests.engines.local import drive
from tests.engines.local.drive import alive, hanging, pids
from tests.support.waiting import until


def test_the_time_is_up(tmp_path: Path) -> None:
    """TimedOut carries the Result so far; the trial that hung is ended and will run again."""
    with pytest.raises(TimedOut, match=r"1 trial had completed\. Run it again") as caught:
        run(search(hanging(tmp_path)), runs=tmp_path / "runs", timeout_seconds=3)
    result = caught.value.result
    assert result
    assert (result.state, [trial.state for trial in result.trials]) == ("Running", ["Succeeded", "Pending"])
    assert result.best == result.trials[0]
    assert not alive(tmp_path)


def test_the_best_so_far(tmp_path: Path) -> None:
    """With `best_so_far` the same Result is returned, with a note."""
    result = run(
        search(hanging(tmp_path)), runs=tmp_path / "runs", timeout_seconds=3, on_timeout="best_so_far"
    )
    assert result.state == "Running"
    assert result.best == result.trials[0]
    assert any("time was up" in note for note in result.notes)


def test_a_search_that_timed_out_goes_on(tmp_path: Path) -> None:
    """Run again, it keeps what it has; the trial that was ended runs again under its name."""
    experiment = search(f"test -e {tmp_path}/go || mkdir {tmp_path}/first || sleep 600; {PRINT}")
    with pytest.raises(TimedOut) as caught:
        run(experiment, runs=tmp_path / "runs", timeout_seconds=3)
    (tmp_path / "go").touch()
    result = run(experiment, runs=tmp_path / "runs")
    before = caught.value.result
    assert before
    assert [trial.state for trial in result.trials] == ["Succeeded"] * 3
    assert result.trials[0] == before.trials[0]
    assert result.trials[1].name == before.trials[1].name


def test_a_trial_may_be_stopped_again_and_again(tmp_path: Path) -> None:
    """Each time the journal says the same of it, which is no damage."""
    experiment = search(f"test -e {tmp_path}/go || sleep 600; {PRINT}")
    for _ in range(3):
        stopped = run(experiment, runs=tmp_path / "runs", timeout_seconds=1, on_timeout="best_so_far")
        assert [trial.state for trial in stopped.trials] == ["Pending"]
    (tmp_path / "go").touch()
    assert run(experiment, runs=tmp_path / "runs").count("Succeeded") == 3


def signalled(tmp_path: Path, script: str, *signals: int, pause: float = 0.0) -> dict[str, Any]:
    """Runs an engine, sends it signals once its second trial runs, and returns its report."""
    with drive.start(manifest(script), tmp_path / "runs", grace_seconds=60) as engine:
        until(lambda: len(pids(tmp_path)) == 2)
        for number in signals:
            os.kill(engine.pid, number)
            time.sleep(pause)
        output, _ = engine.communicate(timeout=60)
    report: dict[str, Any] = json.loads(output.splitlines()[-1])
    return report


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


@pytest.mark.parametrize("number", SIGNALS, ids=["Ctrl-C", "SIGTERM", "closed terminal", "SIGQUIT"])
def test_one_signal_stops_a_search(tmp_path: Path, number: int) -> None:
    """No new trial starts, the running one ends, and the error carries the Result so far."""
    report = signalled(tmp_path, hanging(tmp_path), number)
    assert report["error"] == "Interrupted"
    assert "Experiment 'tune' was interrupted before it had its verdict; 1 trial had" in report["message"]
    assert report["states"] == ["Succeeded", "Pending"]
    assert not alive(tmp_path)


def test_a_second_signal_kills_at_once(tmp_path: Path) -> None:
    """A trial that ignores SIGTERM would have a minute here, unless the user asks again."""
    start = time.monotonic()
    report = signalled(
        tmp_path, "trap '' TERM; " + hanging(tmp_path), signal.SIGINT, signal.SIGINT, pause=0.3
    )
    assert report["error"] == "Interrupted"
    assert report["states"] == ["Succeeded", "Pending"]
    assert not alive(tmp_path)
    assert time.monotonic() - start < 60


def test_outside_the_main_thread_signals_are_left_alone(tmp_path: Path) -> None:
    """A search can run in any thread; the handlers are those of the caller."""
    results: list[Result] = []
    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=lambda: results.append(run(search(PRINT), runs=tmp_path)))
    thread.start()
    thread.join(60)
    assert results[0].succeeded
    assert signal.getsignal(signal.SIGINT) == before


def test_handlers_are_given_back(tmp_path: Path) -> None:
    """After a search Ctrl-C is the caller's again."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run(search(PRINT), runs=tmp_path)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_an_error_in_on_update_leaves_nothing_running(tmp_path: Path) -> None:
    """The caller's own exception comes through, and the trials are ended."""

    def complain(progress: Progress) -> None:
        if progress.running == 2:
            raise ZeroDivisionError

    script = f"echo $$$$ > {tmp_path}/${{trialParameters.trial}}.pid; sleep 600; {PRINT}"
    with pytest.raises(ZeroDivisionError):
        run(search(script, parallelTrialCount=2), runs=tmp_path / "runs", on_update=complain)
    assert not alive(tmp_path)


def test_what_ended_by_itself_is_kept(tmp_path: Path) -> None:
    """A trial that ends while the search is being stopped is finished: it does not run again."""

    def complain(progress: Progress) -> None:
        if progress.completed:
            until(lambda: len(list((tmp_path / "runs").glob("tune/*/exit"))) == 2)
            raise ZeroDivisionError

    script = f"echo x >> {tmp_path}/count; {PRINT}"
    experiment = search(script, parallelTrialCount=2, maxTrialCount=2)
    with pytest.raises(ZeroDivisionError):
        run(experiment, runs=tmp_path / "runs", on_update=complain)
    assert run(experiment, runs=tmp_path / "runs").count("Succeeded") == 2
    assert (tmp_path / "count").read_text() == "x\n" * 2


def test_two_engines_cannot_share_a_folder(tmp_path: Path) -> None:
    """The second is refused, and told the first one's pid."""
    with drive.start(manifest(hanging(tmp_path)), tmp_path / "runs") as engine:
        until(lambda: len(pids(tmp_path)) == 2)
        with pytest.raises(InputError, match=rf"another process \(pid {engine.pid}\).*choose another folder"):
            run(search(hanging(tmp_path)), runs=tmp_path / "runs")
        os.kill(engine.pid, signal.SIGINT)
        engine.communicate(timeout=60)

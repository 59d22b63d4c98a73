# SPDX-License-Identifier: Apache-2.0
"""A search of this machine is looked at and ended from outside, and goes on afterwards."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines import local
from kfp_katib.engines.local import existing
from kfp_katib.engines.local.ending import end_abandoned
from kfp_katib.engines.local.folder import RunFolder, lock_of, open_folder
from kfp_katib.engines.local.resume import reopen_study
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError, Unfinished
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.model import canonical
from kfp_katib.results import Progress, Reports, Result
from kfp_katib.trial.processes import MARK, mark
from tests.builders.search import PRINT, manifest, search
from tests.engines.local.drive import start
from tests.support.waiting import until

WAITS = "until [ -e {folder}/go ]; do sleep 0.02; done; echo loss=${{trialParameters.lr}}"
"""A trial that ends once the file is there."""


@contextmanager
def running(folder: Path, script: str = WAITS) -> Iterator[subprocess.Popen[str]]:
    """An engine in another process, whose first trial runs."""
    engine = start(manifest(script.format(folder=folder)), folder / "runs")
    try:
        until(lambda: any((folder / "runs" / "tune").glob("tune-*/log")))
        yield engine
    finally:
        engine.kill()
        engine.wait()


def test_every_search_is_listed(tmp_path: Path) -> None:
    """By the names of their Experiments; a folder without a journal is none."""
    (tmp_path / "other").mkdir()
    run(search(PRINT), runs=tmp_path)
    assert [each.name for each in local.searches(RunOptions(runs=tmp_path))] == ["tune"]


def test_a_finished_search_is_read_as_it_was_given_back(tmp_path: Path) -> None:
    """The same trials with the ends of their logs, the same best and verdict; nothing there changes."""
    given = run(search(PRINT), runs=tmp_path, models="models")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    found = local.read("tune", RunOptions(runs=tmp_path))
    assert (found.trials, found.best) == (given.trials, given.best)
    assert (found.state, found.reason, found.message) == (given.state, given.reason, given.message)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


@pytest.mark.parametrize("ask", [local.read, local.watch, local.cancel])
def test_a_search_that_is_not_there_is_named_with_those_that_are(ask: Any, tmp_path: Path) -> None:
    """A slip of the finger gets the name that was meant."""
    run(search(PRINT), runs=tmp_path)
    with pytest.raises(InputError, match=r"no search 'tuen' in .*Did you mean 'tune'"):
        ask("tuen", RunOptions(runs=tmp_path))


def test_a_search_is_followed_to_its_verdict(tmp_path: Path) -> None:
    """Each trial that changes is told once; what had completed before is only counted."""
    told: list[Progress] = []

    def look(progress: Progress) -> None:
        told.append(progress)
        (tmp_path / "go").touch()

    with running(tmp_path):
        result = local.watch("tune", RunOptions(runs=tmp_path / "runs", on_update=look))
    assert (result.state, result.count("Succeeded")) == ("Succeeded", 3)
    assert (told[0].running, told[0].completed, told[-1].completed) == (1, 0, 3)
    assert told[-1].result().best == result.best


def test_whoever_follows_a_search_sees_what_its_trials_report(tmp_path: Path) -> None:
    """The objective's last value, from the journal."""
    seen: list[Reports] = []

    def look(progress: Progress) -> None:
        if not seen:
            thread = threading.Thread(target=wait, args=[progress])
            thread.start()

    def wait(progress: Progress) -> None:
        until(lambda: any(each.reports.step for each in progress.active()))
        seen.extend(each.reports for each in progress.active())
        (tmp_path / "go").touch()

    with running(tmp_path, f"{{{{ echo loss=3; echo loss=2; {WAITS}; }}}}"):
        local.watch("tune", RunOptions(runs=tmp_path / "runs", on_update=look))
    assert seen[0] == Reports({"loss": "2.0"}, 2)


def test_a_search_that_nobody_works_on_has_no_verdict_to_wait_for(tmp_path: Path) -> None:
    """The engine was killed: the watch ends with what there is, and says how to go on."""
    with running(tmp_path) as engine:
        engine.kill()
        engine.wait()
        with pytest.raises(Unfinished, match=r"no process works on it\. Run it again") as caught:
            local.watch("tune", RunOptions(runs=tmp_path / "runs"))
    assert caught.value.result
    assert len(caught.value.result.trials) == 1
    local.cancel("tune", RunOptions(runs=tmp_path / "runs"))


def test_a_search_is_ended_and_can_go_on(tmp_path: Path) -> None:
    """Its engine ends its trials and leaves; the folder stays as after Ctrl-C."""
    options = RunOptions(runs=tmp_path / "runs")
    with running(tmp_path) as engine:
        local.cancel("tune", options)
        assert engine.stdout
        told = engine.stdout.read()
    assert '"error": "Interrupted"' in told
    assert local.read("tune", options).state == "Running"
    (tmp_path / "go").touch()
    assert run(search(WAITS.format(folder=tmp_path)), runs=options.runs).count("Succeeded") == 3


def test_what_a_killed_engine_left_is_ended_too(tmp_path: Path) -> None:
    """Its trials run on without it; afterwards there is nothing left to end."""
    options = RunOptions(runs=tmp_path / "runs")
    with running(tmp_path) as engine:
        engine.kill()
        engine.wait()
        local.cancel("tune", options)
        local.cancel("tune", options)
    (tmp_path / "go").touch()
    assert run(search(WAITS.format(folder=tmp_path)), runs=options.runs).count("Succeeded") == 3


def labelled(**spec: Any) -> Experiment:
    """A search of a pipeline's run."""
    document = manifest(PRINT, **spec)
    document["metadata"]["labels"] = {"kfp-katib/run-id": "r1"}
    return replace(search(PRINT, **spec), manifest_json=canonical(document))


def test_what_a_killed_extension_left_running_is_ended(tmp_path: Path) -> None:
    """A verdict of before is none any more: that search is unfinished, and its run's exit task ends it."""
    folder = RunFolder(tmp_path / "tune")
    run(labelled(), runs=tmp_path)
    with subprocess.Popen(["sleep", "600"], env={MARK: mark(folder.path, "a")}) as left:
        assert end_abandoned("r1", runs=tmp_path) == []
        reopen_study(labelled(maxTrialCount=5), folder).journal.release()
        assert left.poll() is None
        assert local.read("tune", RunOptions(runs=tmp_path)).state == "Running"
        assert end_abandoned("r1", runs=tmp_path) == ["tune"]
        assert left.wait(20) != 0
    assert end_abandoned("r1", runs=tmp_path) == []


def test_a_process_of_another_machine_is_not_signalled(tmp_path: Path) -> None:
    """On a disk that machines share, the lock names a process that here is a stranger, or nobody."""
    options = RunOptions(runs=tmp_path / "runs")
    run(search(PRINT), runs=options.runs)
    with subprocess.Popen(["sleep", "600"]) as stranger:
        for pid in (stranger.pid, 2**22 - 1):
            with open_folder(options.runs, "tune") as folder:
                lock_of(folder).write_text(str(pid))
                with pytest.raises(
                    InputError, match=rf"process {pid} of another machine .* End it from there"
                ):
                    local.cancel("tune", options)
        assert stranger.poll() is None
        stranger.kill()


def test_what_does_not_change_is_not_read_again(tmp_path: Path) -> None:
    """Whoever follows a long search costs it nothing while nothing happens."""
    runs = tmp_path / "runs"
    with running(tmp_path):
        looks = existing._looks("tune", RunOptions(runs=runs))
        until(lambda: next(looks)[1] is next(looks)[1])
        (tmp_path / "go").touch()
        until(lambda: next(looks)[1].completed)


def test_a_search_that_is_about_to_begin_is_waited_for(tmp_path: Path) -> None:
    """Its engine holds the folder and has not written the manifest yet; one that is gone never will."""
    options = RunOptions(runs=tmp_path)
    run(search(PRINT), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    text = journal.read_text()
    with open_folder(tmp_path, "tune"):
        journal.write_text("")
        watching = Thread(target=lambda: seen.append(local.watch("tune", options)))
        seen: list[Result] = []
        watching.start()
        watching.join(1)
        assert watching.is_alive()
        journal.write_text(text)
        watching.join(60)
    assert [result.state for result in seen] == ["Succeeded"]
    journal.write_text("")
    with pytest.raises(InputError, match=r"holds no search that has begun"):
        local.watch("tune", options)

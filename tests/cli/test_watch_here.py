# SPDX-License-Identifier: Apache-2.0
"""`watch` and `cancel` on a search that another process runs on this machine."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.cli.commands import INTERRUPTIBLE, call, manifest, write
from tests.cli.test_interrupt import ENVIRONMENT, start
from tests.support.waiting import until


def _programs(pid: int) -> list[str]:
    """The names of the programs that a process has started."""
    names = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            names.append(child.name())
    return names


@contextmanager
def hanging(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A search in another process: its first trial has ended, its second one hangs."""
    with start(write(folder, manifest("0.3", "hang"))) as engine:
        try:
            until(lambda: "sleep" in _programs(engine.pid))
            yield engine
        finally:
            engine.kill()


def watching(folder: Path, *options: str) -> subprocess.Popen[str]:
    """`watch` in a process of its own."""
    command = [sys.executable, "-c", INTERRUPTIBLE, "watch", "shell", *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT, cwd=folder)


def test_a_search_of_another_process_is_followed_to_its_verdict(tmp_path: Path) -> None:
    """What happens stands on stderr, the result on stdout, as where it runs."""
    script = "until [ -e go ]; do sleep 0.02; done; echo loss=${trialParameters.kind}"
    document = manifest("0.3", "0.2")
    (container,) = document["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    container["command"] = ["sh", "-c", script]
    with start(write(tmp_path, document)) as engine:
        until(lambda: [*tmp_path.glob("runs/shell/shell-*/log")])
        with watching(tmp_path) as watch:
            assert watch.stderr
            seen = watch.stderr.readline()
            (tmp_path / "go").touch()
            stdout, stderr = watch.communicate(timeout=60)
        ran = engine.communicate(timeout=60)[0]
    assert "shell-" in seen
    assert "loss=0.2" in stderr
    assert (watch.returncode, stdout) == (0, ran)


def test_ctrl_c_ends_the_watch_alone(tmp_path: Path) -> None:
    """Exit code 130; the search goes on."""
    with hanging(tmp_path) as engine, watching(tmp_path) as watch:
        assert watch.stderr
        watch.stderr.readline()
        watch.send_signal(signal.SIGINT)
        _, stderr = watch.communicate(timeout=60)
        assert (watch.returncode, engine.poll()) == (130, None)
    assert stderr.endswith("Error: Interrupted; Experiment 'shell' goes on.\n")


def test_a_search_that_has_ended_is_shown(shelf: Path) -> None:
    """Without waiting; exit code 1 if it has failed."""
    shown = call("watch", "good")
    assert (shown.exit_code, "sh train.sh 0.2" in shown.stdout) == (0, True)
    assert call("watch", "runs/bad").exit_code == 1


def test_a_search_that_nobody_runs_is_not_waited_for(tmp_path: Path) -> None:
    """Exit code 1, and how it goes on."""
    call("run", write(tmp_path, manifest("0.3", "hang")), "--timeout-seconds", "2")
    called = call("watch", "shell")
    assert called.exit_code == 1
    assert "no process works on it. Run it again to go on with it." in called.stderr


@pytest.mark.parametrize("name", ["shell", "runs/shell"])
def test_a_search_is_ended_keeps_its_folder_and_goes_on(name: str, tmp_path: Path) -> None:
    """Its process leaves as after Ctrl-C; the trial that had ended is not run again."""
    with hanging(tmp_path) as engine:
        called = call("cancel", name)
        assert engine.wait(60) == 130
    assert called.exit_code == 0
    assert called.stdout == (
        f"The search 'shell' was stopped. Run it again to go on with it, or delete it: kfp-katib rm {name}\n"
    )
    before = json.loads(call("show", "shell", "--json").stdout)["trials"]
    assert [trial["state"] for trial in before] == ["Succeeded", "Pending"]
    (tmp_path / "train.sh").write_text("echo loss=0.1\n")
    after = json.loads(call("run", "experiment.yaml", "--json").stdout)["trials"]
    assert [trial["state"] for trial in after] == ["Succeeded", "Succeeded"]
    assert after[0] == before[0]


def test_a_second_run_is_told_how_to_follow_and_to_stop_the_first(tmp_path: Path) -> None:
    """Exit code 2; both commands can be copied."""
    with hanging(tmp_path) as engine:
        called = call("run", "experiment.yaml")
        place = re.escape(str(tmp_path / "runs" / "shell"))
        assert re.search(rf"\(pid {engine.pid}\)\. Follow it \(kfp-katib watch {place}\), ", called.stderr)
        stop = re.search(r"stop it \(kfp-katib (\S+) (\S+)\)", called.stderr)
        assert stop
        assert call(*stop.groups()).exit_code == 0
        assert engine.wait(60) == 130
    assert called.exit_code == 2


def test_where_nothing_runs_nothing_is_ended(shelf: Path) -> None:
    """Exit code 0: it is as it was asked for."""
    called = call("cancel", "good")
    assert (called.exit_code, called.stderr) == (0, "")
    assert called.stdout == "Nothing of Experiment 'good' was running; its folder stays.\n"
    assert call("show", "good").exit_code == 0


def test_a_search_that_does_not_end_in_time_is_told(tmp_path: Path) -> None:
    """Exit code 1, and the process that would have to be killed."""
    with hanging(tmp_path) as engine:
        engine.send_signal(signal.SIGSTOP)
        called = call("cancel", "shell", "--wait-seconds", "0.2")
    assert called.exit_code == 1
    assert called.stderr == (
        f"Error: Experiment 'shell' is still run by process {engine.pid}. Kill it: kill {engine.pid}\n"
    )
    assert call("cancel", "shell").exit_code == 0  # what it has left behind

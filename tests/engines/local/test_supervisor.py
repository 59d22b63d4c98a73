# SPDX-License-Identifier: Apache-2.0
"""One trial as a subprocess, and the files that it leaves."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from kfp_katib.engines.local.supervisor import Supervisor
from kfp_katib.trial.processes import end, kill, process
from kfp_katib.trial.trial_folder import TrialFolder
from tests.support.waiting import until


def folder(tmp_path: Path) -> TrialFolder:
    """An empty trial folder."""
    files = TrialFolder(tmp_path / "trial")
    files.clear()
    return files


def run(files: TrialFolder, script: str, **env: str) -> int:
    """Runs a script as a trial; returns its exit code."""
    ended = threading.Event()
    with closing(Supervisor()) as supervisor:
        trial = supervisor.start(files, ("sh", "-c", script), cwd=files.path, env={**os.environ, **env})
        trial.go(ended.set)
        assert ended.wait(30)
        return trial.reap()


@pytest.mark.parametrize(
    ("script", "code"),
    [("true", 0), ("exit 3", 3), ("kill -9 $$", 137), ("no-such-program", 127), ("kill -TERM $$", 143)],
    ids=["success", "failure", "killed", "not found", "terminated"],
)
def test_the_exit_code_is_returned_and_kept(tmp_path: Path, script: str, code: int) -> None:
    """Engine and file agree, with 128 and the signal's number for a trial that a signal ended."""
    files = folder(tmp_path)
    assert run(files, script) == code
    assert files.exit_code() == code


def test_a_trial_that_kills_its_own_group_leaves_its_exit_code(tmp_path: Path) -> None:
    """What writes it is not in that group."""
    files = folder(tmp_path)
    assert run(files, "kill -9 0") == 137
    assert files.exit_code() == 137


def test_a_keeper_that_was_killed_leaves_no_exit_code(tmp_path: Path) -> None:
    """An engine that looks on knows the signal, and what the trial had started is ended all the same."""
    files = folder(tmp_path)
    assert run(files, "setsid sleep 600 & echo $!; kill -9 $PPID; sleep 600") == 137
    assert files.exit_code() is None
    assert process(int(files.log.read_text())) is None


def test_both_streams_go_into_the_log(tmp_path: Path) -> None:
    """The log holds stdout and stderr in order, and there is nothing on stdin."""
    files = folder(tmp_path)
    run(files, "echo out; echo err >&2; cat; echo $WORD", WORD="done")
    assert files.log.read_text() == "out\nerr\ndone\n"


def test_background_processes_are_killed_with_the_trial(tmp_path: Path) -> None:
    """A trial that has ended leaves nothing running, as a container does not."""
    files = folder(tmp_path)
    run(files, "sleep 600 & echo $!")
    deadline = time.monotonic() + 5
    background = process(int(files.log.read_text()))
    while background and background.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert background is None or not background.alive


def test_nothing_runs_before_the_word(tmp_path: Path) -> None:
    """An engine that dies between start and `go` leaves a trial that never ran: no output, no exit file."""
    files = folder(tmp_path)
    script = f"""
import os
from pathlib import Path
from kfp_katib.trial.trial_folder import TrialFolder
from kfp_katib.engines.local.supervisor import Supervisor
files = TrialFolder(Path({str(files.path)!r}))
trial = Supervisor().start(files, ("sh", "-c", "echo ran"), cwd=Path("."), env=os.environ)
print(trial.leader.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    engine = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    pid = int(engine.stdout)
    deadline = time.monotonic() + 5
    while (left := process(pid)) and left.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not (left and left.alive)
    assert files.log.read_text() == ""
    assert files.exit_code() is None


def test_a_trial_that_is_ended_while_it_is_born_ends_at_once(tmp_path: Path) -> None:
    """Before it has its word, and before it leads a session: neither is the signal lost, nor the trial."""
    with closing(Supervisor()) as supervisor:
        for number in range(20):
            began = time.monotonic()
            files = TrialFolder(tmp_path / str(number))
            files.clear()
            trial = supervisor.start(files, ("sleep", "600"), cwd=tmp_path, env=dict(os.environ))
            if number % 2:
                trial.go(lambda: None)
            end([trial.leader], grace_seconds=30 if number % 2 == 0 else 0)
            trial.reap()
            assert not trial.leader.alive
            assert time.monotonic() - began < 30


def test_a_trial_that_handles_sigterm_may_finish(tmp_path: Path) -> None:
    """The wrapper outlives SIGTERM, so that the trial's own exit code is kept."""
    files = folder(tmp_path)
    with closing(Supervisor()) as supervisor:
        script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"
        trial = supervisor.start(files, ("sh", "-c", script), cwd=files.path, env=os.environ)
        trial.go(lambda: None)
        while files.log.read_text() != "ready\n":
            time.sleep(0.01)
        end([trial.leader], grace_seconds=10)
        trial.reap()
    assert files.exit_code() == 7


def test_a_training_below_a_shell_has_time_to_save_its_state(tmp_path: Path) -> None:
    """The shell dies of SIGTERM at once, and what it leaves is not killed for it."""
    files = folder(tmp_path)
    (tmp_path / "train.py").write_text(
        "import pathlib, signal, sys, time\n"
        "def save(*_):\n"
        "    time.sleep(0.5)\n"
        "    pathlib.Path('saved').touch()\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    script = f"{sys.executable} {tmp_path}/train.py && true"
    with closing(Supervisor()) as supervisor:
        trial = supervisor.start(files, ("sh", "-c", script), cwd=files.path, env=os.environ)
        trial.go(lambda: None)
        until(lambda: files.log.read_text() == "ready\n")
        end([trial.leader], grace_seconds=30)
        assert trial.reap() == 143
    assert (files.path / "saved").exists()


@pytest.mark.parametrize("text", ["", "0", "1"])
def test_a_torn_exit_status_is_none(tmp_path: Path, text: str) -> None:
    """Without its end of line the file was not written to its end."""
    files = folder(tmp_path)
    files.exit_file.write_text(text)
    assert files.exit_code() is None


def test_the_tail_is_the_last_twenty_lines(tmp_path: Path) -> None:
    """What the collector reads was written last, and comes last; bytes that are no text do not matter."""
    files = folder(tmp_path)
    files.log.write_bytes(b"".join(b"line %d\n" % number for number in range(40)) + b"\xff\n")
    (files.metrics / "metrics.log").write_text("loss=1\n")
    lines = files.log_tail().splitlines()
    assert len(lines) == 20
    assert lines[0] == "line 22"
    assert lines[-2:] == ["\ufffd", "loss=1"]


def test_the_tail_of_a_huge_line_is_short(tmp_path: Path) -> None:
    """A log without line ends is not read as a whole."""
    files = folder(tmp_path)
    files.log.write_text("x" * 1_000_000)
    assert len(files.log_tail()) < 20_000


def test_a_folder_is_cleared_before_a_trial_runs_again(tmp_path: Path) -> None:
    """What the trial wrote before it was killed must not be taken for its own."""
    files = folder(tmp_path)
    run(files, "touch metrics/old; true")
    files.clear()
    assert [entry.name for entry in files.path.iterdir()] == ["metrics"]
    assert not any(files.metrics.iterdir())


def test_a_process_that_the_system_does_not_allow_is_said(tmp_path: Path) -> None:
    """The supervisor goes on: what is refused now may be allowed later."""
    with closing(Supervisor()) as supervisor:
        pid = supervisor._process.pid
        files = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, files[1]))
        with pytest.raises(OSError, match="Too many open files"):
            supervisor.start(folder(tmp_path), ("true",), cwd=tmp_path, env=os.environ)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, files)
        files_of_trial = TrialFolder(tmp_path / "trial")
        trial = supervisor.start(files_of_trial, ("true",), cwd=tmp_path, env=os.environ)
        trial.go(lambda: None)
        assert trial.reap() == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [(("true", "x" * 200_000), "Argument list too long"), (("true", "\0"), "Invalid argument")],
)
def test_what_the_system_will_not_run_is_known_when_it_is_reaped(
    tmp_path: Path, argv: tuple[str, ...], words: str
) -> None:
    """And nothing waits for it."""
    with closing(Supervisor()) as supervisor:
        trial = supervisor.start(folder(tmp_path), argv, cwd=tmp_path, env=os.environ)
        trial.go(lambda: None)
        assert trial.reap() == 127
        assert trial.refused is not None
        assert words in str(trial.refused)


def test_a_word_that_comes_too_late_does_no_harm(tmp_path: Path) -> None:
    """A trial was killed while something was prepared for it, and others run on."""
    ended = threading.Event()
    with closing(Supervisor()) as supervisor:
        late = supervisor.start(folder(tmp_path), ("true",), cwd=tmp_path, env=os.environ)
        late.when_ended(ended.set)
        kill([late.leader])
        assert ended.wait(30)
        assert late.reap() == 137
        late.begin()
        next_one = supervisor.start(folder(tmp_path), ("true",), cwd=tmp_path, env=os.environ)
        next_one.go(lambda: None)
        assert next_one.reap() == 0

# SPDX-License-Identifier: Apache-2.0
"""Somebody's program runs for so long at most, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from kfp_katib.errors import InputError
from kfp_katib.proposal.bounded import Ended, run
from tests.support.waiting import until


def test_what_it_prints_is_kept_apart() -> None:
    """Both streams, and the exit code."""
    ended = run(["sh", "-c", "echo out; echo err >&2; exit 3"], env=os.environ, seconds=10)
    assert (ended.code, ended.printed, ended.errors) == (3, "out\n", "err\n")


def test_a_message_shows_its_last_lines_without_what_no_line_can_hold() -> None:
    """Colours of a terminal, and characters that would ring its bell."""
    said = "\n".join(["\x1b[31mred\x1b[0m\a", *map(str, range(14))])
    assert Ended(1, "printed", f"first\n{said}\n", 0).tail.splitlines()[:2] == [
        "    red\N{REPLACEMENT CHARACTER}",
        "    0",
    ]


def test_it_has_no_terminal_and_no_input() -> None:
    """A question that it asks is answered by the end of the input."""
    ended = run(["sh", "-c", "read x || echo none"], env=os.environ, seconds=10)
    assert ended.printed == "none\n"


def test_it_is_ended_with_what_it_has_started(tmp_path: Path) -> None:
    """In another session too; what it had printed is there."""
    script = f"echo begun; setsid sleep 60 & echo $! > {tmp_path}/pid; sleep 60"
    began = time.monotonic()
    ended = run(["sh", "-c", script], env=os.environ, seconds=0.5)
    assert (ended.code, ended.printed) == (None, "begun\n")
    assert time.monotonic() - began < 10
    pid = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_what_it_leaves_running_ends_too() -> None:
    """Although it came to its own end."""
    ended = run(["sh", "-c", "sleep 61 & echo $!"], env=os.environ, seconds=10)
    assert ended.code == 0
    pid = int(ended.printed)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_slow_program_is_announced_once() -> None:
    """Although its time runs out then."""
    told: list[bool] = []
    ended = run(["sleep", "60"], env=os.environ, seconds=3.2, slow=lambda: told.append(True))
    assert (ended.code, told) == (None, [True])


def test_who_floods_the_disk_is_ended() -> None:
    """Long before the time is up."""
    began = time.monotonic()
    ended = run(["sh", "-c", "yes"], env=os.environ, seconds=60)
    assert ended.code is None
    assert ended.printed.startswith("y\ny\n")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_signal_ends_it_too(number: signal.Signals) -> None:
    """It is in a session of its own, which no terminal ends."""
    code = (
        "import os, signal; from kfp_katib.proposal.bounded import run\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # who runs the tests may ignore it
        "try: run(['sh', '-c', 'exec sleep 60'], env=os.environ, seconds=60)\n"
        "except KeyboardInterrupt: print('ended')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as caller:
        child = started(caller.pid)
        caller.send_signal(number)
        assert caller.communicate(timeout=20)[0] == "ended\n"
    assert not psutil.pid_exists(child)


def started(caller: int) -> int:
    """The id of the first process that another has started."""
    until(lambda: psutil.Process(caller).children())
    return psutil.Process(caller).children()[0].pid


def test_what_does_not_start_is_said(tmp_path: Path) -> None:
    """By the system's own reason, with what to change."""
    (tmp_path / "x").write_text("")
    with pytest.raises(
        InputError, match=r"does not start: Permission denied\. If it is a script, write what"
    ):
        run([str(tmp_path / "x")], env=os.environ, seconds=1)

# SPDX-License-Identifier: Apache-2.0
"""Who is still there, and how a trial is ended with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kfp_katib.engines.local import resume
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.trial.processes import (
    MARK,
    Process,
    end,
    kill,
    mark,
    marked,
    of_ticks,
    process,
    terminate,
)
from tests.support.waiting import until

# A tree: a leader, a child in its group, a grandchild with a session of its own (as torchrun makes them).
TREE = """
import os, signal, subprocess, sys, time
if sys.argv[1] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'a')); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", code, sys.argv[2]])
subprocess.Popen([sys.executable, "-c", code, sys.argv[2]], start_new_session=True)
time.sleep(600)
"""


@contextmanager
def tree(tmp_path: Path, manner: str = "meek") -> Iterator[tuple[Process, list[Process]]]:
    """The leader of a tree of processes, and the other two."""
    pids = tmp_path / "pids"
    command = [sys.executable, "-c", TREE, manner, str(pids)]
    with subprocess.Popen(command, start_new_session=True) as leader:
        while not pids.exists() or len(pids.read_text().splitlines()) < 2:
            time.sleep(0.01)
        first = process(leader.pid)
        others = [process(int(line)) for line in pids.read_text().splitlines()]
        assert first
        assert all(others)
        try:
            yield first, [each for each in others if each]
        finally:
            kill([first, *(each for each in others if each)])


def gone(members: list[Process]) -> bool:
    """Whether they have all ended within a second."""
    deadline = time.monotonic() + 1
    while any(each.alive for each in members) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(each.alive for each in members)


def test_the_whole_tree_is_killed(tmp_path: Path) -> None:
    """The leader, its group, and a descendant that has a session of its own."""
    with tree(tmp_path) as (leader, others):
        kill([leader])
        assert gone([leader, *others])


def test_sigterm_ends_what_obeys(tmp_path: Path) -> None:
    """Processes that end on SIGTERM are not waited for any longer."""
    with tree(tmp_path) as (leader, others):
        start = time.monotonic()
        end([leader], grace_seconds=30)
        assert time.monotonic() - start < 10
        assert gone([leader, *others])


def test_what_a_trial_starts_while_it_is_asked_is_asked_too() -> None:
    """A shell dies of SIGTERM at once; a command that it had just started would never hear of it."""
    command = ["sh", "-c", "for n in $(seq 200); do sleep 60 & sleep 0.01; done"]
    with subprocess.Popen(command, start_new_session=True) as leader:
        first = process(leader.pid)
        assert first
        time.sleep(0.3)
        try:
            terminate([first])
            assert leader.wait(10) == -signal.SIGTERM
            until(lambda: not in_session(leader.pid))
        finally:
            for pid in in_session(leader.pid):
                os.kill(pid, signal.SIGKILL)


def in_session(number: int) -> list[int]:
    """The processes of a session."""
    found = []
    for pid in psutil.pids():
        with suppress(OSError):
            found += [pid] if os.getsid(pid) == number else []
    return found


def test_sigkill_ends_what_does_not(tmp_path: Path) -> None:
    """After the grace, what ignores SIGTERM is killed."""
    with tree(tmp_path, "stubborn") as (leader, others):
        end([leader], grace_seconds=0.2)
        assert gone([leader, *others])


def test_a_shell_does_not_go_on_when_its_command_is_ended(tmp_path: Path) -> None:
    """It is asked before its command is: what comes after that must not run in a trial that is stopped."""
    script = f"sleep 600; touch {tmp_path}/went-on; sleep 600"
    shells = [subprocess.Popen(["sh", "-c", script], start_new_session=True) for _ in range(10)]
    until(lambda: sum(len(psutil.Process(each.pid).children()) for each in shells) == len(shells))
    end([found for each in shells if (found := process(each.pid))], grace_seconds=30)
    assert {each.wait() for each in shells} == {-signal.SIGTERM}
    assert not (tmp_path / "went-on").exists()


def test_a_leader_that_has_just_been_forked_is_ended_too() -> None:
    """It leads no session yet: that of whoever started it is not its own."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as leader:
        found = process(leader.pid)
        assert found
        try:
            end([found], grace_seconds=30)
            assert gone([found])
        finally:
            leader.kill()
    assert leader.returncode == -signal.SIGTERM


def test_hurry_ends_the_grace(tmp_path: Path) -> None:
    """A user who asks twice does not wait."""
    with tree(tmp_path, "stubborn") as (leader, others):
        start = time.monotonic()
        end([leader], grace_seconds=30, hurry=lambda: True)
        assert time.monotonic() - start < 10
        assert gone([leader, *others])


def test_what_the_leader_left_behind_is_found_by_its_session(tmp_path: Path) -> None:
    """A leader that has died is no reason to spare its group."""
    with tree(tmp_path) as (leader, others):
        group = [each for each in others if os.getsid(each.pid) == leader.pid]
        os.kill(leader.pid, 9)
        assert gone([leader])
        kill([leader])
        assert gone(group)


def test_a_stranger_with_the_same_id_is_spared(tmp_path: Path) -> None:
    """An id alone names no process: with another start time it is somebody else's."""
    with tree(tmp_path) as (leader, others):
        kill([replace(leader, started=leader.started - 1)])
        assert all(each.alive for each in [leader, *others])


def test_nobody_has_an_id_that_is_free() -> None:
    """No process, no Process."""
    with subprocess.Popen(["true"]) as child:
        child.wait()
    assert process(child.pid) is None
    assert not Process(child.pid, 1).alive


@pytest.mark.parametrize("name", ["a b) c (d", "plain"])
def test_names_with_brackets_are_read(tmp_path: Path, name: str) -> None:
    """A program's name is free to look like the fields after it."""
    program = tmp_path / name
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "600"]) as child:
        found = process(child.pid)
        child.kill()
    assert found
    assert found.pid == child.pid


def test_a_record_in_ticks_is_compared_by_its_start(tmp_path: Path) -> None:
    """Version 0.1.0 and what came before psutil counted clock ticks since the boot."""
    with tree(tmp_path) as (leader, others):
        ticks = (leader.started / 1000 - psutil.boot_time()) * os.sysconf("SC_CLK_TCK")
        assert of_ticks(leader.pid, round(ticks)) == leader
        kill([of_ticks(leader.pid, round(ticks) - 1)])
        assert all(each.alive for each in [leader, *others])
        kill([of_ticks(leader.pid, round(ticks))])
        assert gone([leader, *others])


def test_what_is_older_than_its_sessions_leader_is_a_strangers(tmp_path: Path) -> None:
    """The id came to somebody else's session before the leader of the record began."""
    with tree(tmp_path) as (leader, others):
        os.kill(leader.pid, 9)
        assert gone([leader])
        kill([replace(leader, started=max(each.started for each in others) + 1000)])
        assert all(each.alive for each in others)


def test_marked_processes_are_found_and_we_ourselves_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the run's folder, or by the trial's own mark; a name that only begins so is another's."""
    (tmp_path / "run").mkdir()
    one, other = (mark(tmp_path / "run", name) for name in ("t-a", "t-ab"))
    monkeypatch.setenv(MARK, one)
    with subprocess.Popen(["sleep", "600"]) as ours:
        monkeypatch.setenv(MARK, other)
        with subprocess.Popen(["sleep", "600"]) as others:
            assert {each.pid for each in marked(one)} == {ours.pid}
            assert {each.pid for each in marked(mark(tmp_path / "run"))} == {ours.pid, others.pid}
            others.kill()
        ours.kill()


def test_a_leader_that_is_gone_says_nothing_of_who_has_its_id_now(tmp_path: Path) -> None:
    """An orphan is ended by its record where that very process runs, else by its mark alone."""
    with tree(tmp_path) as (leader, others):
        stranger = replace(leader, started=leader.started - 10)
        assert not resume.end_orphans(RunFolder(tmp_path), [Record(0, {}, "t-a", stranger)])
        assert all(each.alive for each in [leader, *others])
        assert resume.end_orphans(RunFolder(tmp_path), [Record(0, {}, "t-a", leader)])
        assert gone([leader, *others])

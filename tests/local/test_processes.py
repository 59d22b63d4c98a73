# SPDX-License-Identifier: Apache-2.0
"""Who is still there, and how a trial is ended with all that it started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kfp_katib.local.processes import Process, end, kill, process

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


def test_sigkill_ends_what_does_not(tmp_path: Path) -> None:
    """After the grace, what ignores SIGTERM is killed."""
    with tree(tmp_path, "stubborn") as (leader, others):
        end([leader], grace_seconds=0.2)
        assert gone([leader, *others])


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

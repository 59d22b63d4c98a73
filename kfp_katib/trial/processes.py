# SPDX-License-Identifier: Apache-2.0
"""Processes of this machine, by psutil: which ones are still there, and how a whole trial is ended.

A trial is ended with everything it started, as a container would be: its session, its descendants outside
the session (torchrun gives each worker its own), and, after an engine and its supervisor were killed,
every process with the trial's mark in its environment.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "KFP_KATIB_TRIAL"
"""The environment variable that identifies a trial's processes: see `mark`."""

KILLED_BY_SIGNAL = 128
"""What a shell adds to the number of the signal that ended a process."""

_POLL_SECONDS = 0.02
_KILL_SECONDS = 5.0
_MOST_LOOKS = 5
_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@dataclass(frozen=True, slots=True)
class Process:
    """One process. A pid and a start time identify it for good; a pid alone does not.

    Attributes:
        pid: Its id, which another process may get later.
        started: When it started, in milliseconds since 1970.
    """

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        with suppress(psutil.Error):
            found = psutil.Process(self.pid)
            return _started(found) == self.started and _runs(found)
        return False


def process(pid: int) -> Process | None:
    """The process that has this id now, None if there is none."""
    with suppress(psutil.Error):
        return Process(pid, _started(psutil.Process(pid)))
    return None


def has_open(pid: int, file: Path) -> bool:
    """Whether a process has a file open; True where the system does not say, as of other users'."""
    try:
        return any(each.path == os.fspath(file.resolve()) for each in psutil.Process(pid).open_files())
    except psutil.Error:
        return True


def of_ticks(pid: int, ticks: int) -> Process:
    """A process whose start was recorded in clock ticks since the machine's boot, as Linux counts them."""
    return Process(pid, round((psutil.boot_time() + ticks / os.sysconf("SC_CLK_TCK")) * 1000))


def mark(run: Path, trial: str = "") -> str:
    """The value of `MARK` in the processes of a trial, or its prefix in those of all trials of a run.

    Device and inode identify the run's folder however its path is written, and distinguish it from a folder
    with the same path inside another container.

    Args:
        run: The run's folder.
        trial: The trial's name.
    """
    place = run.stat()
    return f"{place.st_dev:x}.{place.st_ino:x}/" + (f"{trial}/" if trial else "")


def marked(value: str) -> set[psutil.Process]:
    """The processes whose mark begins with `value`, without this process and its parents.

    Only the environments of our own user's processes can be read.
    """
    found = set()
    spared = {os.getpid(), *(each.pid for each in psutil.Process().parents())}
    for each in _all():
        with suppress(psutil.Error, OSError):
            if each.pid not in spared and each.environ().get(MARK, "").startswith(value) and _runs(each):
                found.add(each)
    return found


def end(
    leaders: Collection[Process], *, grace_seconds: float, hurry: Callable[[], bool] = lambda: False
) -> None:
    """End trials: SIGTERM for all of them, then SIGKILL for what is left after the grace period.

    Args:
        leaders: The first process of each trial's session.
        grace_seconds: How long the trials may take to end by themselves.
        hurry: Called repeatedly; true ends the grace period.
    """
    members = terminate(leaders)
    deadline = time.monotonic() + grace_seconds
    while any(map(_runs, members)) and time.monotonic() < deadline and not hurry():
        time.sleep(_POLL_SECONDS)
    kill(leaders, known=members)


def terminate(leaders: Collection[Process]) -> set[psutil.Process]:
    """Ask trials to end, parents first: a shell whose command ends before it goes on with the next one.

    They are halted before, so that none can start another process that would never learn of it. What they
    start afterwards, to save their state, is left in peace.

    Returns:
        All of their processes.
    """
    members = set[psutil.Process]()
    for _ in range(_MOST_LOOKS):
        new = _members(leaders) - members
        if not new:
            break
        members |= new
        _send(signal.SIGSTOP, new)
    in_order = sorted(members, key=lambda each: (_started(each), each.pid))
    _send(signal.SIGTERM, in_order)
    _send(signal.SIGCONT, in_order)
    return members


def kill(leaders: Collection[Process], *, known: Set[psutil.Process] = frozenset()) -> None:
    """Kill trials at once, each leader first, so that none writes an exit status for a killed trial."""
    pids = {each.pid for each in leaders if each.alive}
    members = {*known, *_members(leaders)}
    _send(signal.SIGKILL, sorted(members, key=lambda each: each.pid not in pids))
    deadline = time.monotonic() + _KILL_SECONDS  # a process that waits for a broken disk may never end
    while (members := _members(leaders)) and time.monotonic() < deadline:
        _send(signal.SIGKILL, members)  # a process may have started another just before the signal


def _send(number: int, members: Collection[psutil.Process]) -> None:
    for each in members:
        with suppress(psutil.Error):  # it has ended, its id belongs to another now, or its user changed
            each.send_signal(number)


def _members(leaders: Collection[Process]) -> set[psutil.Process]:
    """Each leader with its session, and every living descendant of those.

    A leader that has just been forked is still in the session of whoever started it.
    """
    if not leaders:
        return set()
    everyone, parents, sessions = dict[int, psutil.Process](), dict[int, int](), dict[int, int]()
    for each in _all():
        with suppress(psutil.Error, OSError):
            parents[each.pid], sessions[each.pid] = each.ppid(), os.getsid(each.pid)
            everyone[each.pid] = each
    # The kernel gives a session's id to another process only when the session is empty.
    ours = {
        each.pid: each.started
        for each in leaders
        if each.pid not in everyone or _started(everyone[each.pid]) == each.started
    }
    # Nothing in a session is older than its leader.
    found = (ours.keys() & everyone.keys()) | {
        pid
        for pid, each in everyone.items()
        if (since := ours.get(sessions[pid])) is not None and _started(each) >= since
    }
    while grown := {pid for pid in everyone if parents[pid] in found} - found:
        found |= grown
    return {everyone[pid] for pid in found if _runs(everyone[pid])}


def _all() -> Iterator[psutil.Process]:
    for pid in psutil.pids():  # not psutil.process_iter, which caches processes by id
        with suppress(psutil.Error):
            yield psutil.Process(pid)


def _runs(found: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return found.is_running() and found.status() not in _ENDED
    return False


def _started(found: psutil.Process) -> int:
    """Its start time, -1 if it has ended and been reaped."""
    with suppress(psutil.Error):
        return round(found.create_time() * 1000)
    return -1

# SPDX-License-Identifier: Apache-2.0
"""Processes of this machine, read from /proc: who is still there, and how a whole trial is ended.

A trial is ended with everything it started, as a container would be: its session, its descendants outside
of it (torchrun gives each worker a session of its own), and, where an engine was killed and with it what
kept them together, whatever carries the trial's mark in its environment.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

MARK = "KFP_KATIB_TRIAL"
"""The variable that tells a trial's processes from all others: see `mark`."""

_PROC = Path("/proc")
_POLL_SECONDS = 0.02
_KILL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Process:
    """One process. A pid and a start time name it for good, a pid alone does not.

    Attributes:
        pid: Its id, which another process may get later.
        started: Its start time in clock ticks since boot (field 22 of `/proc/<pid>/stat`, proc(5)).
        boot: The boot of the machine that the ticks count from; empty in records of version 0.1.0.
    """

    pid: int
    started: int
    boot: str = ""

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; one that waits to be reaped does not."""
        seen = _stat(self.pid)
        return seen is not None and self.is_same(seen.process) and not seen.ended

    def is_same(self, other: Process) -> bool:
        """Whether both name the same process; a record that knows no boot is compared without."""
        boots = {self.boot, other.boot} - {""}
        return (self.pid, self.started) == (other.pid, other.started) and len(boots) < 2


def process(pid: int) -> Process | None:
    """The process that has this id now, None where there is none (or no /proc)."""
    seen = _stat(pid)
    return seen.process if seen else None


@cache
def boot() -> str:
    """The present boot of this machine, empty where the system does not tell."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def booted() -> datetime:
    """When this machine was started, by its own clock; long ago where the system does not tell."""
    try:
        lines = (_PROC / "stat").read_text().splitlines()
    except OSError:
        lines = []
    seconds = next((int(line.split()[1]) for line in lines if line.startswith("btime ")), 0)
    return datetime.fromtimestamp(seconds, UTC)


def mark(run: Path, trial: str = "") -> str:
    """What `MARK` is in the processes of a trial, or how it begins in those of all trials of a run.

    Device and number of the run's folder on its disk name it for good, however it is spelt, and tell it
    from a folder of the same path inside of another container.

    Args:
        run: The run's folder.
        trial: The trial's name.
    """
    place = run.stat()
    return f"{place.st_dev:x}.{place.st_ino:x}/" + (f"{trial}/" if trial else "")


def marked(value: str) -> set[Process]:
    """The processes whose mark begins so; never we ourselves, nor what we run in."""
    start, found = f"{MARK}={value}".encode(), set()
    spared = _ancestors()
    for seen in _all():
        pid = seen.process.pid
        if pid not in spared and not seen.ended and _carries(pid, start):
            found.add(seen.process)
    return found


def _carries(pid: int, start: bytes) -> bool:
    try:
        environment = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:  # it has ended, or is another user's
        return False
    return environment.startswith(start) or b"\0" + start in environment


def _ancestors() -> set[int]:
    """Our own id, our parent's, and so on."""
    pid, found = os.getpid(), set[int]()
    while pid and pid not in found:
        found.add(pid)
        seen = _stat(pid)
        pid = seen.parent if seen else 0
    return found


def end(
    leaders: Collection[Process], *, grace_seconds: float, hurry: Callable[[], bool] = lambda: False
) -> None:
    """End trials: SIGTERM for all of them, then SIGKILL for what is left after the grace.

    Args:
        leaders: The first process of each trial's session.
        grace_seconds: How long the trials may take to end by themselves.
        hurry: Asked again and again; true ends the grace.
    """
    members = terminate(leaders)
    deadline = time.monotonic() + grace_seconds
    while any(each.alive for each in members) and time.monotonic() < deadline and not hurry():
        time.sleep(_POLL_SECONDS)
    kill(leaders, known=members)


def terminate(leaders: Collection[Process]) -> set[Process]:
    """Ask trials to end; returns all of their processes."""
    members = _members(leaders)
    _send(signal.SIGTERM, members)
    return members


def kill(leaders: Collection[Process], *, known: Set[Process] = frozenset()) -> None:
    """Kill trials at once, each leader first: what a leader has not written by then, it never will."""
    members = known | _members(leaders)
    _send(signal.SIGKILL, leaders)
    deadline = time.monotonic() + _KILL_SECONDS  # one that waits for a broken disk ends when it is let go
    while members and time.monotonic() < deadline:
        _send(signal.SIGKILL, members)
        members = _members(leaders)  # a process may have started another between the look and the signal


def _send(number: int, members: Iterable[Process]) -> None:
    for each in members:
        if each.alive:
            try:
                os.kill(each.pid, number)
            except (ProcessLookupError, PermissionError):  # it changed its user
                continue


@dataclass(frozen=True, slots=True)
class _Stat:
    """The fields of `/proc/<pid>/stat` that matter here."""

    process: Process
    parent: int
    session: int
    ended: bool


def _members(leaders: Iterable[Process]) -> set[Process]:
    """Each leader's session, and every living descendant of it."""
    everyone = {stat.process.pid: stat for stat in _all()}
    # The kernel gives a session's id to another process only when the session is empty.
    ours = {
        each.pid: each.started
        for each in leaders
        if each.boot in ("", boot())
        and (each.pid not in everyone or each.is_same(everyone[each.pid].process))
    }
    # Nothing in a session is older than its leader.
    found = {
        pid
        for pid, stat in everyone.items()
        if stat.session in ours and stat.process.started >= ours[stat.session]
    }
    while grown := {pid for pid, stat in everyone.items() if stat.parent in found} - found:
        found |= grown
    return {everyone[pid].process for pid in found if not everyone[pid].ended}


def _all() -> Iterator[_Stat]:
    for entry in os.scandir(_PROC) if _PROC.is_dir() else ():
        if entry.name.isdigit() and (seen := _stat(int(entry.name))):
            yield seen


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field is the program's name in brackets, which may itself hold blanks and brackets.
    fields = text[text.rindex(")") + 2 :].split()
    return _Stat(Process(pid, int(fields[19]), boot()), int(fields[1]), int(fields[3]), fields[0] in "ZX")

# SPDX-License-Identifier: Apache-2.0
"""Processes of this machine, read from /proc: who is still there, and how a whole trial is ended.

A trial is ended with everything it started, as a container would be: its session, and its descendants
outside of it (torchrun gives each worker a session of its own).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Process:
    """One process. A pid and a start time name it for good, a pid alone does not.

    Attributes:
        pid: Its id, which another process may get later.
        started: Its start time in clock ticks since boot (field 22 of `/proc/<pid>/stat`, proc(5)).
    """

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; one that waits to be reaped does not."""
        seen = _stat(self.pid)
        return seen is not None and seen.process == self and not seen.ended


def process(pid: int) -> Process | None:
    """The process that has this id now, None where there is none (or no /proc)."""
    seen = _stat(pid)
    return seen.process if seen else None


def end(
    leaders: Collection[Process], *, grace_seconds: float, hurry: Callable[[], bool] = lambda: False
) -> None:
    """End trials: SIGTERM for all of them, then SIGKILL for what is left after the grace.

    Args:
        leaders: The first process of each trial's session.
        grace_seconds: How long the trials may take to end by themselves.
        hurry: Asked again and again; true ends the grace.
    """
    members = _members(leaders)
    _send(signal.SIGTERM, members)
    deadline = time.monotonic() + grace_seconds
    while any(each.alive for each in members) and time.monotonic() < deadline and not hurry():
        time.sleep(_POLL_SECONDS)
    kill(leaders, known=members)


def kill(leaders: Collection[Process], *, known: Set[Process] = frozenset()) -> None:
    """Kill trials at once, each leader first: what a leader has not written by then, it never will."""
    members = known | _members(leaders)
    _send(signal.SIGKILL, leaders)
    while members:  # a process may have started another between the look and the signal
        _send(signal.SIGKILL, members)
        members = _members(leaders)


def _send(number: int, members: Iterable[Process]) -> None:
    for each in members:
        if each.alive:
            try:
                os.kill(each.pid, number)
            except ProcessLookupError:
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
    ours = {each.pid for each in leaders if each.pid not in everyone or everyone[each.pid].process == each}
    found = {pid for pid, stat in everyone.items() if stat.session in ours}
    while grown := {pid for pid, stat in everyone.items() if stat.parent in found} - found:
        found |= grown
    return {everyone[pid].process for pid in found if not everyone[pid].ended}


def _all() -> Iterator[_Stat]:
    for entry in os.scandir(_PROC):
        if entry.name.isdigit() and (seen := _stat(int(entry.name))):
            yield seen


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field is the program's name in brackets, which may itself hold blanks and brackets.
    fields = text[text.rindex(")") + 2 :].split()
    return _Stat(Process(pid, int(fields[19])), int(fields[1]), int(fields[3]), fields[0] in "ZX")

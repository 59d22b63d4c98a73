# SPDX-License-Identifier: Apache-2.0
"""The process of a trial in its container on Vertex AI: started, followed, ended with all that it started.

Its output goes into files, as Katib's redirection has it, and from there to our stdout, which Vertex AI takes
to Cloud Logging.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal

from kfp_katib.errors import InputError
from kfp_katib.trial.plain_file import CHUNK_BYTES, open_regular
from kfp_katib.trial.processes import KILLED_BY_SIGNAL, MARK, Process, end, kill, mark, marked, process
from kfp_katib.trial.template import Deadline
from kfp_katib.trial.trial_folder import TrialFolder

GRACE_SECONDS = 5.0
"""How long a trial that is stopped may take to end by itself; Vertex AI's own patience is not documented."""

_FOLLOW_SECONDS = 0.2
_STOPS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a trial's process ended.

    Attributes:
        exit_code: Its exit code; for a signal the one that a shell gives.
        why: Why it was ended: `stopped` by a signal, `overdue` at its deadline; empty if it ended by itself.
    """

    exit_code: int
    why: Literal["", "stopped", "overdue"] = ""


@dataclass(slots=True)
class Signals:
    """The requests to stop: SIGTERM from Vertex AI, SIGINT from a person who tries it elsewhere.

    The first one stops the trial, the second one kills what still runs.
    """

    numbers: list[int] = field(default_factory=list)
    """The signals that came, in order."""
    events: SimpleQueue[Literal["", "stopped"]] = field(default_factory=SimpleQueue)
    """One for each of them, and an empty one when the process has ended."""

    def handle(self) -> None:
        """Take the signals over."""
        for number in _STOPS:
            signal.signal(number, self._take)

    def ignore(self) -> None:
        """Let them come too late: while the interpreter ends, one would change the exit code."""
        for number in _STOPS:
            signal.signal(number, signal.SIG_IGN)

    def _take(self, number: int, _: object) -> None:
        self.numbers.append(number)
        self.events.put("stopped")


def run(
    argv: Sequence[str],
    files: TrialFolder,
    *,
    cwd: Path,
    env: Mapping[str, str],
    deadline: Deadline | None,
    signals: Signals,
) -> Ended:
    """Run a trial until it ends, by itself or not; nothing that it started is left.

    Args:
        argv: The program and its arguments.
        files: Its folder, which is made anew; what it writes goes into the log there.
        cwd: The folder in which it runs.
        env: Its environment.
        deadline: How long it may run.
        signals: What can stop it.

    Raises:
        InputError: The system could not run it.
    """
    started = _start(argv, files, cwd, env)
    leader = process(started.pid) or Process(started.pid, 0)
    threading.Thread(target=_tell_end, args=(started, signals), daemon=True).start()
    why = _next_event(signals, deadline)
    if why:
        known = len(signals.numbers)
        end([leader], grace_seconds=GRACE_SECONDS, hurry=lambda: len(signals.numbers) > known)
    kill([leader], known=marked(_mark(files)))  # a daemon has left the session, but not its environment
    code = started.wait()
    return Ended(code if code >= 0 else KILLED_BY_SIGNAL - code, why)


def _next_event(signals: Signals, deadline: Deadline | None) -> Literal["", "stopped", "overdue"]:
    try:
        return signals.events.get(timeout=min(deadline.seconds, threading.TIMEOUT_MAX) if deadline else None)
    except Empty:
        return "overdue"


def _start(
    argv: Sequence[str], files: TrialFolder, cwd: Path, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    try:
        files.clear()
        with files.log.open("ab", buffering=0) as log:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=cwd,
                env={**env, MARK: _mark(files)},
                start_new_session=True,
            )
    except (OSError, ValueError) as err:  # ValueError: a NUL in an argument
        raise InputError(f"It could not be started in {cwd}: {err}.") from err


def _tell_end(started: subprocess.Popen[bytes], signals: Signals) -> None:
    started.wait()
    signals.events.put("")


def _mark(files: TrialFolder) -> str:
    return mark(files.path.parent, files.path.name)


@contextmanager
def followed(paths: Sequence[Path], to: int) -> Iterator[None]:
    """Copy what is appended to files while this is open, and at the end what is still left of them.

    Args:
        paths: The files, which need not exist yet.
        to: The file descriptor that gets their bytes; where nobody reads it any more, the rest is dropped.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_follow, args=(paths, to, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _follow(paths: Sequence[Path], to: int, ended: threading.Event) -> None:
    offsets, last = dict.fromkeys(paths, 0), False
    with suppress(OSError):
        while not last:
            last = ended.wait(_FOLLOW_SECONDS)
            for path in paths:
                offsets[path] = _copy(path, to, offsets[path])


def _copy(path: Path, to: int, offset: int) -> int:
    """Copy a file from an offset up to its present size; returns the offset to go on from."""
    try:
        source = open_regular(path, os.O_RDONLY)
    except OSError:  # not there yet, or the trial put something else there
        return offset
    try:
        size = os.fstat(source).st_size
        at = offset if offset <= size else 0  # the trial wrote it anew
        while at < size and (piece := os.pread(source, min(CHUNK_BYTES, size - at), at)):
            at += os.write(to, piece)
        return at
    finally:
        os.close(source)

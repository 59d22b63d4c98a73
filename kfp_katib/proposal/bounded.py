# SPDX-License-Identifier: Apache-2.0
"""Runs somebody's program for so many seconds at most, and ends it with everything that it has started."""

from __future__ import annotations

import math
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from kfp_katib.errors import InputError
from kfp_katib.results.brief import legible
from kfp_katib.trial.interrupts import Interrupts
from kfp_katib.trial.processes import end, process

MOST_BYTES = 1 << 23
"""What is read of an output; who writes eight times as much is ended."""
_POLL_SECONDS = 0.01
_GRACE_SECONDS = 2.0
_SLOW_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Attributes:
        code: Its exit code, None if its time was up.
        printed: What it wrote to stdout.
        errors: What it wrote to stderr.
        seconds: How long it ran.
    """

    code: int | None
    printed: str
    errors: str
    seconds: float

    @property
    def tail(self) -> str:
        """The last lines of what it wrote, for a message."""
        lines = legible(self.errors.strip() or self.printed.strip()).splitlines()[-15:]
        return "\n".join(f"    {line[:200]}" for line in lines)


def run(
    words: Sequence[str],
    *,
    env: Mapping[str, str],
    seconds: float,
    slow: Callable[[], None] = lambda: None,
) -> Ended:
    """Run a program in the current folder, without a terminal, in a session of its own.

    Args:
        words: The program and its arguments.
        env: Its environment.
        seconds: After how many it is ended.
        slow: Called once if it takes longer than one would think.

    Raises:
        InputError: It cannot be started.
        KeyboardInterrupt: Ctrl-C, or another signal that ends this process; the program has been ended.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with Interrupts() as interrupts:
            began = time.monotonic()
            running = _start(words, env, out, err)
            code = _wait(running, (out, err), began + seconds, slow, interrupts)
            took = time.monotonic() - began
        if interrupts.count:
            raise KeyboardInterrupt
        return Ended(code, _text(out), _text(err), took)


def _start(
    words: Sequence[str], env: Mapping[str, str], out: BinaryIO, err: BinaryIO
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
    except OSError as error:
        mend = "If it is a script, write what runs it in front of it, such as `python`."
        raise InputError(f"{words[0]} does not start: {error.strerror}. {mend}") from error


def _wait(
    running: subprocess.Popen[bytes],
    files: Sequence[BinaryIO],
    deadline: float,
    slow: Callable[[], None],
    interrupts: Interrupts,
) -> int | None:
    """The exit code, None if the program had to be ended; whatever it has started is ended in any case."""
    leader, patience = process(running.pid), time.monotonic() + _SLOW_SECONDS
    try:
        while not interrupts.count and time.monotonic() < deadline and _size(files) < 8 * MOST_BYTES:
            with suppress(subprocess.TimeoutExpired):
                return running.wait(_POLL_SECONDS)
            if time.monotonic() > patience:
                patience = math.inf
                slow()
        return None
    finally:
        if leader:
            end([leader], grace_seconds=_GRACE_SECONDS, hurry=lambda: interrupts.count > 1)
        running.wait()


def _size(files: Sequence[BinaryIO]) -> int:
    return sum(os.fstat(file.fileno()).st_size for file in files)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(MOST_BYTES).decode(errors="replace")

# SPDX-License-Identifier: Apache-2.0
"""What stands in for a stream while a search runs: it may be gone, or its lower lines may be drawn anew."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO, TypeGuard, cast


class Patient:
    """A stream whose reader may be gone: a closed terminal, or a pipe that nobody reads, ends no search."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, if somebody is there."""
        return self._tried(lambda: self._stream.write(text)) or 0

    def flush(self) -> None:
        """Write what is held back, if somebody is there."""
        self._tried(self._stream.flush)

    def _tried(self, action: Callable[[], int | None]) -> int | None:
        try:
            return action()
        except (OSError, ValueError):  # ValueError: the stream was closed by this process
            return None


def patient(stream: TextIO) -> TextIO:
    """The stream, with writes that never fail."""
    return cast("TextIO", Patient(stream))


def is_terminal(stream: TextIO | None) -> TypeGuard[TextIO]:
    """Whether a stream is a terminal; a process may have none, and one may be closed."""
    return stream is not None and not stream.closed and stream.isatty()


class Above:
    """Stands in for a terminal whose lower lines are drawn anew: every line goes above them.

    Python's logging and whatever writes to `sys.stderr` or `sys.stdout` come here. What a C library writes to
    the file descriptor does not.

    Args:
        terminal: What it stands in for.
        say: Takes a line without its end; may be called from any thread.
    """

    def __init__(self, terminal: TextIO, say: Callable[[str], None]) -> None:
        self._terminal = terminal
        self._say = say
        self._begun = ""
        self._lock = threading.RLock()
        self._places: list[tuple[Any, str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._terminal, name)

    def begin(self) -> None:
        """Take the terminal's place."""
        here = [self._terminal, *([sys.stdout] if is_terminal(sys.stdout) else [])]
        for owner, name in [(sys, "stderr"), (sys, "stdout"), *((each, "stream") for each in _handlers())]:
            stream = getattr(owner, name)
            if stream in here:
                self._places.append((owner, name, stream))
                setattr(owner, name, self)

    def end(self) -> None:
        """Give it back, with what is left."""
        while self._places:
            owner, name, stream = self._places.pop()
            if getattr(owner, name) is self:
                setattr(owner, name, stream)
        if self._begun:
            self._say(_visible(self._begun))
            self._begun = ""

    def write(self, text: str) -> int:
        """Hand on the lines that are whole; of one that was written over, what stands there."""
        with self._lock:
            *whole, self._begun = (self._begun + text).split("\n")
            for line in whole:
                self._say(_visible(line))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Nothing is held back but the beginning of a line."""


def _handlers() -> Iterator[logging.StreamHandler[Any]]:
    """Every handler of Python's logging that writes to a stream."""
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    for logger in (logging.root, *known):
        yield from (each for each in logger.handlers if isinstance(each, logging.StreamHandler))


def _visible(line: str) -> str:
    """What is left of a line in which carriage returns write over what stood before."""
    return line.rstrip("\r").rpartition("\r")[2]

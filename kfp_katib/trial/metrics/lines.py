# SPDX-License-Identifier: Apache-2.0
"""A file that arrives piece by piece, cut into blocks of whole lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

LONGEST_LINE_BYTES = 1 << 20


class Sink(Protocol):
    """Takes one metric's values in the order in which they are read."""

    def add(self, text: str, time: datetime) -> None:
        """Take the next value."""

    def add_undated(self, texts: Sequence[bytes]) -> None:
        """Take many values without times, each of ASCII digits, signs, points and exponents alone."""


class LineParser(Protocol):
    """Reads the metrics in lines. It is fed in order, and keeps nothing but what was reported."""

    def take(self, block: bytes) -> None:
        """Read some whole lines."""

    def take_part(self, part: bytes) -> bytes:
        """Read the beginning of a line that is too long to be held; return what of it is to be kept."""


class Lines:
    """Feeds a parser with whole lines.

    Args:
        parser: What reads them.
    """

    def __init__(self, parser: LineParser) -> None:
        self._parser = parser
        self._rest: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the file."""
        end = chunk.rfind(b"\n") + 1
        if end:
            self._parser.take(b"".join((*self._rest, chunk[:end])))
            self._keep(chunk[end:])
        else:
            self._rest.append(chunk)
            self._size += len(chunk)
        if self._size > LONGEST_LINE_BYTES:
            self._keep(self._parser.take_part(b"".join(self._rest)))

    def end(self) -> None:
        """The file has ended, perhaps in the middle of a line."""
        if self._size:
            self._parser.take(b"".join(self._rest))
            self._keep(b"")

    def _keep(self, rest: bytes) -> None:
        self._rest, self._size = [rest], len(rest)

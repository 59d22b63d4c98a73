# SPDX-License-Identifier: Apache-2.0
"""The collector's format TEXT: metrics that filters find in lines.

Follows `file-metricscollector.go` in Katib's `pkg/metricscollector/v1beta1/file-metricscollector`. Filters
are compiled by RE2, the library of the syntax in which manifests write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import re2

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.metrics.error import CollectorError
from kfp_katib.trial.metrics.lines import Sink
from kfp_katib.trial.metrics.timestamp import NO_TIME, timestamp

# Katib's default filter, for many lines at once: its blanks without the line's end, each word taken as a
# whole whether `=` follows or not, so that the time is linear. The tests hold it against RE2.
_ASSIGNMENT = re.compile(
    rb"([\w|-]++)(?:[ \t\r\f]*+(=)[ \t\r\f]*+([+-]?\d*(?:\.\d+)?(?:[Ee][+-]?\d+)?))?", re.ASCII
)
_DATE = rb"\d{4}-\d\d-\d\dT"
_DATED = re.compile(b"\n" + _DATE)
_DATED_FIRST = re.compile(_DATE)
_LONGEST_TIME_BYTES = 64
_SPARSE = 4
"""Where fewer than one line in so many names a metric, those lines are picked out first."""

# What Go's `strings.TrimSpace` takes away; Python's `strip` takes more.
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class TextParser:
    """Values that the filters find: group 1 is the metric's name, group 2 its value, verbatim.

    Args:
        sinks: Where each metric's values go.
        filters: RE2 expressions; one with fewer than two groups finds nothing.

    Raises:
        CollectorError: RE2 cannot compile a filter.
    """

    def __init__(self, sinks: Mapping[str, Sink], filters: Sequence[str]) -> None:
        self._sinks = {name.encode(): sink for name, sink in sinks.items()}
        self._named = re.compile(b"|".join(map(re.escape, self._sinks)))
        self._by_default = tuple(filters) == (DEFAULT_FILTER,)
        self._patterns = [found for found in map(compiled, filters) if found.groups > 1]

    def take(self, block: bytes) -> None:
        """Read some whole lines."""
        if not any(name in block for name in self._sinks):
            return
        dated = bool(_DATED_FIRST.match(block) or _DATED.search(block))
        if self._by_default and not dated:
            self._take_undated(block)
            return
        for line in self._lines(block):
            self._take_line(line, _time(line) if dated else NO_TIME)

    def take_part(self, part: bytes) -> bytes:
        """Read the beginning of an endless line, up to its last carriage return, else to its last blank.

        Progress bars write such lines. A time at the line's beginning holds for its first part alone.
        """
        end = max(part.rfind(b"\r"), 0) or part.rfind(b" ") + 1 or len(part)
        self.take(part[:end])
        return part[end:]

    def _take_undated(self, block: bytes) -> None:
        named = sum(map(block.count, self._sinks))
        if named * _SPARSE < block.count(b"\n"):
            block = b"\n".join(self._lines(block))
        found = _ASSIGNMENT.findall(block)
        for name, sink in self._sinks.items():
            sink.add_undated([value for key, sign, value in found if key == name and sign])

    def _lines(self, block: bytes) -> Iterator[bytes]:
        """The lines with a metric's name in them."""
        at = 0
        while match := self._named.search(block, at):
            start = block.rfind(b"\n", at, match.start()) + 1 or at
            end = block.find(b"\n", match.end())
            end = len(block) if end < 0 else end
            yield block[start:end]
            at = end + 1

    def _take_line(self, line: bytes, time: datetime) -> None:
        for name, value in self._found(line):
            if name in self._sinks:
                self._sinks[name].add(value, time)

    def _found(self, line: bytes) -> Iterator[tuple[bytes, str]]:
        if self._by_default:
            for name, sign, value in _ASSIGNMENT.findall(line):
                if sign:
                    yield name, value.decode()
            return
        line = _as_go_reads(line)
        for pattern in self._patterns:
            for match in pattern.finditer(line):
                yield _stripped(match[1]).encode(), _stripped(match[2])


def compiled(expression: str) -> Any:
    """A filter as RE2's object, for bytes.

    Raises:
        CollectorError: RE2 cannot compile it.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression.encode(), options)
    except (re2.error, ValueError) as err:
        raise CollectorError(f"The filter {shown(expression)} is no expression of RE2: {err}.") from err


def _time(line: bytes) -> datetime:
    """The time in a line's first word, which must be followed by a blank."""
    end = line.find(b" ", 0, _LONGEST_TIME_BYTES)
    return (timestamp(line[:end].decode(errors="replace")) if end > 0 else None) or NO_TIME


def _as_go_reads(line: bytes) -> bytes:
    """The line with U+FFFD for each byte that is no UTF-8."""
    try:
        if not line.isascii():
            line.decode()
    except UnicodeDecodeError:
        text = line.decode(errors="surrogateescape")
        return re.sub("[\udc80-\udcff]", "\N{REPLACEMENT CHARACTER}", text).encode()
    return line


def _stripped(group: bytes | None) -> str:
    return (group or b"").decode(errors="replace").strip(_BLANKS)

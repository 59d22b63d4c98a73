# SPDX-License-Identifier: Apache-2.0
"""The collector's format TEXT: metrics that filters find in lines.

Follows `file-metricscollector.go` in Katib's `pkg/metricscollector/v1beta1/file-metricscollector`. Filters
are compiled by RE2, in whose syntax manifests write them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import re2

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.metrics.aggregate import NO_TIME, CollectorError, Taking, timestamp
from kfp_katib.trial.plain_file import whole_lines

Finder: TypeAlias = Callable[[bytes], Iterable[tuple[bytes, str]]]
"""Gives the names and values in a line: a filter's group 1 and group 2."""

# Katib's default filter, for many lines at once: blanks do not include the line's end, and each word is
# taken as a whole whether `=` follows or not, so that the time is linear. The tests compare it with RE2.
_ASSIGNMENT = re.compile(
    rb"([\w|-]++)(?:[ \t\r\f]*+(=)[ \t\r\f]*+([+-]?\d*(?:\.\d+)?(?:[Ee][+-]?\d+)?))?", re.ASCII
)
_DATE = rb"\d{4}-\d\d-\d\dT"
_DATED = re.compile(b"\n" + _DATE)
_DATED_FIRST = re.compile(_DATE)
_LONGEST_TIME_BYTES = 64
_SPARSE = 4
"""If fewer than one line in this many names a metric, those lines are picked out first."""

# What Go's `strings.TrimSpace` takes away; Python's `strip` takes more.
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def read_text(pieces: Iterable[bytes], values: Mapping[str, Taking], filters: Sequence[str]) -> None:
    """Read the values that the filters find: verbatim, in every line that names a metric.

    Args:
        pieces: The file, piece by piece.
        values: Where each metric's values go.
        filters: RE2 expressions; one with fewer than two groups finds nothing.

    Raises:
        CollectorError: RE2 cannot compile a filter.
    """
    wanted = {name.encode(): each for name, each in values.items()}
    names = re.compile(b"|".join(map(re.escape, wanted)))
    find = finder(filters)
    for block in whole_lines(pieces, end_of_a_word):
        if not any(name in block for name in wanted):
            continue
        dated = bool(_DATED_FIRST.match(block) or _DATED.search(block))
        if find is _by_default and not dated:
            _read_undated(block, wanted, names)
            continue
        for line in _lines(block, names):
            time = _time(line) if dated else NO_TIME
            for name, value in find(line):
                if name in wanted:
                    wanted[name].add(value, time)


def finder_in_text(
    metrics: Sequence[str], filters: Sequence[str]
) -> Callable[[bytes], Iterator[tuple[str, str]]]:
    """A function that finds the metrics in whole lines, line by line: each one's name and value.

    Raises:
        CollectorError: RE2 cannot compile a filter.
    """
    wanted = {name.encode(): name for name in metrics}
    names = re.compile(b"|".join(map(re.escape, wanted)))
    find = finder(filters)

    def found(block: bytes) -> Iterator[tuple[str, str]]:
        if any(name in block for name in wanted):
            for line in _lines(block, names):
                yield from ((wanted[name], value) for name, value in find(line) if name in wanted)

    return found


def finder(filters: Sequence[str]) -> Finder:
    """A function that finds the names and values in a line.

    Raises:
        CollectorError: RE2 cannot compile a filter.
    """
    if tuple(filters) == (DEFAULT_FILTER,):
        return _by_default
    patterns = [pattern for pattern in map(_compiled, filters) if pattern.groups > 1]

    def find(line: bytes) -> Iterator[tuple[bytes, str]]:
        line = _as_go_reads(line)
        for pattern in patterns:
            for match in pattern.finditer(line):
                yield _stripped(match[1]).encode(), _stripped(match[2])

    return find


def _by_default(line: bytes) -> list[tuple[bytes, str]]:
    return [(name, value.decode()) for name, sign, value in _ASSIGNMENT.findall(line) if sign]


def _compiled(expression: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression.encode(), options)
    except (re2.error, ValueError) as err:
        raise CollectorError(f"The filter {shown(expression)} is not a valid RE2 expression: {err}.") from err


def end_of_a_word(part: bytes) -> int:
    """Where an endless line may be cut: at its last carriage return, else after its last blank.

    Progress bars write such lines. A time at the line's beginning applies to its first part only.
    """
    return max(part.rfind(b"\r"), 0) or part.rfind(b" ") + 1 or len(part)


def _read_undated(block: bytes, wanted: Mapping[bytes, Taking], names: re.Pattern[bytes]) -> None:
    """Read many lines at once, by the default filter."""
    if sum(map(block.count, wanted)) * _SPARSE < block.count(b"\n"):
        block = b"\n".join(_lines(block, names))
    found = _ASSIGNMENT.findall(block)
    for name, values in wanted.items():
        values.add_undated([value for key, sign, value in found if key == name and sign])


def _lines(block: bytes, names: re.Pattern[bytes]) -> Iterator[bytes]:
    """The lines with a metric's name in them."""
    at = 0
    while match := names.search(block, at):
        start = block.rfind(b"\n", at, match.start()) + 1 or at
        end = block.find(b"\n", match.end())
        end = len(block) if end < 0 else end
        yield block[start:end]
        at = end + 1


def _time(line: bytes) -> datetime:
    """The time in a line's first word, which must be followed by a blank."""
    end = line.find(b" ", 0, _LONGEST_TIME_BYTES)
    return (timestamp(line[:end].decode(errors="replace")) if end > 0 else None) or NO_TIME


def _as_go_reads(line: bytes) -> bytes:
    """The line with U+FFFD for each byte that is not UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError:
        text = line.decode(errors="surrogateescape")
        return re.sub("[\udc80-\udcff]", "\N{REPLACEMENT CHARACTER}", text).encode()
    return line


def _stripped(group: bytes | None) -> str:
    return (group or b"").decode(errors="replace").strip(_BLANKS)

# SPDX-License-Identifier: Apache-2.0
"""The collector's format JSON: one object per line, whose metrics are text.

Follows `file-metricscollector.go` in Katib's `pkg/metricscollector/v1beta1/file-metricscollector`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.metrics.aggregate import NO_TIME, CollectorError, Taking, timestamp
from kfp_katib.trial.plain_file import LONGEST_LINE_BYTES, whole_lines

_TIMESTAMP_KEY = "timestamp"
_INT64 = range(-(1 << 63), 1 << 63)


def read_json(pieces: Iterable[bytes], values: Mapping[str, Taking]) -> None:
    """Read the metrics in a file with one JSON object per line; only strings count, as in Katib.

    Args:
        pieces: The file, piece by piece.
        values: Where each metric's values go.

    Raises:
        CollectorError: A line is not a JSON object, is too long to be held, or has a time beyond what
            Katib's database takes.
    """
    number = 0
    for block in whole_lines(pieces, cut=len):
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            if line:
                _read_line(number, line, values)


def _read_line(number: int, line: bytes, values: Mapping[str, Taking]) -> None:
    fields = _object(number, line)
    texts = _texts(fields, values)
    time = _time(fields.get(_TIMESTAMP_KEY)) if texts else NO_TIME
    for name, text in texts.items():
        values[name].add(text, time)


def found_in_json(block: bytes, metrics: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The metrics in whole lines, line by line: each one's name and value.

    Raises:
        CollectorError: A line is not a JSON object, or is too long to be held.
    """
    for line in filter(None, block.split(b"\n")):
        yield from _texts(_object(0, line), metrics).items()


def _texts(fields: Mapping[str, Any], metrics: Iterable[str]) -> dict[str, str]:
    """Those of the metrics that are text; Go's decoder replaces lone surrogates, which no file could hold."""
    return {
        name: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for name in metrics
        if isinstance(text := fields.get(name), str)
    }


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {shown(text)} is out of range")
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"JSON has no {name}")


# Every number is a float to Go, and one beyond its range is an error.
_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_finite, parse_constant=_refuse)


def _object(number: int, line: bytes) -> Mapping[str, Any]:
    where = f"Line {number} of the metrics file"
    if len(line) > LONGEST_LINE_BYTES:
        start = shown(line[:1000].decode(errors="replace"))
        raise CollectorError(f"{where} is longer than {LONGEST_LINE_BYTES} bytes: {start}.")
    text = line.decode(errors="replace")
    try:
        fields = _DECODER.decode(text)
    except (ValueError, RecursionError) as err:
        raise CollectorError(
            f"{where} is not JSON ({err}): {shown(text)}. With format JSON each line must be one object; for "
            "lines like name=0.5 write format: TEXT."
        ) from err
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise CollectorError(f"{where} is not a JSON object: {shown(text)}.")
    return fields


def _time(value: object) -> datetime:
    """The time of a JSON line: RFC 3339, or seconds since 1970.

    Katib reads the digits after a number's point as a count of nanoseconds: 1.5 is 5 ns after second 1. A
    number beyond 64 bits is not a time to it; its database refuses one beyond the year 9999.

    Raises:
        CollectorError: The report would fail for this time.
    """
    if isinstance(value, str):
        return timestamp(value) or NO_TIME
    if not isinstance(value, float):
        return NO_TIME
    whole, _, fraction = format(Decimal(repr(value)), "f").partition(".")
    seconds, nanoseconds = int(whole), int(fraction or 0)
    if seconds not in _INT64 or nanoseconds not in _INT64:
        return NO_TIME
    try:
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=nanoseconds // 1000)
    except (ValueError, OverflowError, OSError) as err:
        raise CollectorError(f"The timestamp {value!r} is beyond the year 9999.") from err

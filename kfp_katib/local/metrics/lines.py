# SPDX-License-Identifier: Apache-2.0
"""The collectors StdOut and File: metrics in lines of text or of JSON.

Follows `file-metricscollector.go` in Katib's `pkg/metricscollector/v1beta1/file-metricscollector`. Filters
are compiled by RE2, the library of the syntax in which manifests write them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import re2

from kfp_katib.local.metrics.observation import NO_TIME, CollectorError, Observation, timestamp

_TIMESTAMP_KEY = "timestamp"


def read_text(text: str, metrics: Sequence[str], filters: Sequence[str]) -> list[Observation]:
    """Values that the filters find: group 1 is the metric's name, group 2 its value, verbatim."""
    patterns = [re2.compile(each) for each in filters]
    lines = (line for line in text.split("\n") if any(name in line for name in metrics))
    return [found for line in lines for found in _in_line(line, metrics, patterns)]


def _in_line(line: str, metrics: Sequence[str], patterns: Sequence[Any]) -> Iterator[Observation]:
    first, blank, _ = line.partition(" ")
    time = (timestamp(first) if blank else None) or NO_TIME
    for pattern in patterns:
        if pattern.groups < 2:
            continue
        for match in pattern.finditer(line):
            name, value = (match.group(1) or "").strip(), (match.group(2) or "").strip()
            if name in metrics:
                yield Observation(name, value, time)


def read_json(text: str, metrics: Sequence[str]) -> list[Observation]:
    """Values of one JSON object a line; only strings count, as in Katib.

    Raises:
        CollectorError: A line is no JSON object.
    """
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line:
            fields = _object(number, line)
            time = _json_time(fields.get(_TIMESTAMP_KEY))
            values = ((name, fields.get(name)) for name in metrics)
            found += [Observation(name, _whole(text), time) for name, text in values if isinstance(text, str)]
    return found


def _whole(text: str) -> str:
    """The text with halves of surrogate pairs replaced, as Go's decoder does; no file could hold them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _object(number: int, line: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(line, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as err:
        raise CollectorError(
            f"Line {number} of the metrics file is no JSON ({err}): {line[:200]!r}."
        ) from err
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise CollectorError(f"Line {number} of the metrics file is no JSON object: {line[:200]!r}.")
    return fields


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is out of range")
    return value


def _json_time(value: object) -> datetime:
    """The time of a JSON line: RFC 3339, or seconds since 1970.

    Katib reads the digits after a number's point as a count of nanoseconds: 1.5 is 5 ns after second 1.
    """
    if isinstance(value, str):
        return timestamp(value) or NO_TIME
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return NO_TIME
    whole, _, fraction = format(Decimal(repr(float(value))), "f").partition(".")
    try:
        nanoseconds = int(fraction or 0)
        return datetime.fromtimestamp(int(whole), UTC) + timedelta(microseconds=nanoseconds // 1000)
    except (ValueError, OverflowError, OSError) as err:
        raise CollectorError(f"The timestamp {value!r} is out of range.") from err

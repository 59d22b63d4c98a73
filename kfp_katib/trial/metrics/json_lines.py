# SPDX-License-Identifier: Apache-2.0
"""The collector's format JSON: one object a line, whose metrics are text.

Follows `file-metricscollector.go` in Katib's `pkg/metricscollector/v1beta1/file-metricscollector`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.metrics.error import CollectorError
from kfp_katib.trial.metrics.lines import LONGEST_LINE_BYTES, Sink
from kfp_katib.trial.metrics.timestamp import NO_TIME, timestamp

_TIMESTAMP_KEY = "timestamp"
_INT64 = range(-(1 << 63), 1 << 63)


class JsonParser:
    """Values of one JSON object a line; only strings count, as in Katib.

    Args:
        sinks: Where each metric's values go.
    """

    def __init__(self, sinks: Mapping[str, Sink]) -> None:
        self._sinks = sinks
        self._line = 0

    def take(self, block: bytes) -> None:
        """Read some whole lines.

        Raises:
            CollectorError: One of them is no JSON object, or its time is beyond what Katib's database takes.
        """
        for line in block.decode(errors="replace").removesuffix("\n").split("\n"):
            self._line += 1
            if line:
                self._take_line(line)

    def take_part(self, part: bytes) -> bytes:
        """Refuse a line that is too long to be held.

        Raises:
            CollectorError: Always.
        """
        raise CollectorError(
            f"Line {self._line + 1} of the metrics file is longer than {LONGEST_LINE_BYTES} bytes: "
            f"{shown(part[:1000].decode(errors='replace'))}."
        )

    def _take_line(self, line: str) -> None:
        fields = _object(self._line, line)
        texts = {name: text for name in self._sinks if isinstance(text := fields.get(name), str)}
        time = _time(fields.get(_TIMESTAMP_KEY)) if texts else NO_TIME
        for name, text in texts.items():
            self._sinks[name].add(_whole(text), time)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {shown(text)} is out of range")
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not in JSON")


# Every number is a float to Go, and one beyond its range is an error.
DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_finite, parse_constant=_refuse)


def _object(number: int, line: str) -> Mapping[str, Any]:
    try:
        fields = DECODER.decode(line)
    except (ValueError, RecursionError) as err:
        raise CollectorError(
            f"Line {number} of the metrics file is no JSON ({err}): {shown(line)}. With format JSON each "
            "line must be one object; for lines like name=0.5 write format: TEXT."
        ) from err
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise CollectorError(f"Line {number} of the metrics file is no JSON object: {shown(line)}.")
    return fields


def _whole(text: str) -> str:
    """The text with halves of surrogate pairs replaced, as Go's decoder does; no file could hold them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _time(value: object) -> datetime:
    """The time of a JSON line: RFC 3339, or seconds since 1970.

    Katib reads the digits after a number's point as a count of nanoseconds: 1.5 is 5 ns after second 1. A
    number beyond 64 bits is no time to it; one beyond the year 9999 its database refuses.

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
        raise CollectorError(f"The timestamp {value!r} lies beyond the year 9999.") from err

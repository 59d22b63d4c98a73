# SPDX-License-Identifier: Apache-2.0
"""One reported value, its time, and how Katib reads times (Go's `time.RFC3339Nano`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)

NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""Go's zero time, which a line without a timestamp gets; it sorts before every other."""


class CollectorError(Exception):
    """Katib's collector would end with this error, so that the trial fails."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one metric, as text."""

    metric: str
    value: str
    time: datetime = NO_TIME


def timestamp(text: str) -> datetime | None:
    """A time as Go reads RFC 3339 with fractions, None where it cannot.

    Microseconds are kept: Katib's database has no finer ones (`DATETIME(6)`).
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, east, minutes = match.groups()
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, UTC
        )
        if not sign:
            return moment
        offset = timedelta(hours=int(east), minutes=int(minutes))
        return moment.replace(tzinfo=timezone(offset if sign == "+" else -offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

# SPDX-License-Identifier: Apache-2.0
"""The time of a reported value, as Katib reads it: Go's `time.RFC3339Nano`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d{1,2}):(\d\d:\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)

NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""Go's zero time, which a line without a timestamp gets; it sorts before every other."""

# Go lets an offset go so far, and an hour have one digit.
_MOST_HOURS, _MOST_MINUTES = 24, 60


def timestamp(text: str) -> datetime | None:
    """A time as Go reads RFC 3339 with fractions, None where it cannot.

    Microseconds are kept: Katib's database has no finer ones (`DATETIME(6)`).
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    date, hour, minutes, fraction, sign, east, east_minutes = match.groups()
    microseconds = (fraction or "0")[:6].ljust(6, "0")
    offset = timedelta(hours=int(east or 0), minutes=int(east_minutes or 0))
    if int(east or 0) > _MOST_HOURS or int(east_minutes or 0) > _MOST_MINUTES:
        return None
    try:
        moment = datetime.fromisoformat(f"{date}T{hour:0>2}:{minutes}.{microseconds}+00:00")
        return moment + offset if sign == "-" else moment - offset
    except (ValueError, OverflowError):
        return None

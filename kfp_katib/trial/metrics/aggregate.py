# SPDX-License-Identifier: Apache-2.0
"""From reported values to one Metric each: Katib's `getMetrics` in `trial/trial_controller_util.go`.

Katib's database returns a trial's values in order of their times, and for equal times in the order of the
report. The Metric depends on only four of them, so no more are kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol, Self, TypeVar

from kfp_katib.results import Metric, go_float
from kfp_katib.trial.excerpt import shown

LONGEST_VALUE_BYTES = 65_535
"""What the column `value` of Katib's database holds (`TEXT` of MySQL); a report with a longer one fails."""

NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""Go's zero time, which a line without a timestamp gets; it sorts before every other."""

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d{1,2}):(\d\d:\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
# Go accepts offsets up to this, and hours of one digit.
_MOST_HOURS, _MOST_MINUTES = 24, 60


class CollectorError(Exception):
    """Katib's collector would end with this error, so that the trial fails."""


class _Number(NamedTuple):
    """A value that Katib can compare."""

    value: float
    text: str
    time: datetime


class Taking(Protocol):
    """What takes one metric's values, one by one in the order in which they were reported."""

    def add(self, text: str, time: datetime = NO_TIME) -> None:
        """Add the next value."""

    def add_undated(self, texts: Sequence[bytes]) -> None:
        """Add many values without times, each made of ASCII digits, signs, points and exponents only."""

    def merge(self, later: Self) -> None:
        """Add values that were reported after these."""

    def empty(self) -> Self:
        """Another one, with nothing in it yet."""


V = TypeVar("V", bound=Taking)


class Values:
    """One metric's values so far. Of two with the same time, the one that was added first is the earlier."""

    __slots__ = ("_first", "_latest", "_least", "_most")

    def __init__(self) -> None:
        self._latest: tuple[str, datetime] | None = None
        self._first: _Number | None = None
        self._least: _Number | None = None
        self._most: _Number | None = None

    def add(self, text: str, time: datetime = NO_TIME) -> None:
        """Add the next value.

        Raises:
            CollectorError: The value is longer than Katib's database can hold.
        """
        if len(text) > LONGEST_VALUE_BYTES // 4 and len(text.encode()) > LONGEST_VALUE_BYTES:
            raise CollectorError(
                f"A metric's value is longer than the {LONGEST_VALUE_BYTES} bytes that Katib's database "
                f"holds: {shown(text)}."
            )
        self._see_latest(text, time)
        try:
            value = go_float(text)
        except ValueError:
            return
        if not self._lies_between(value, time):
            self._see(_Number(value, text, time))

    def add_undated(self, texts: Sequence[bytes]) -> None:
        """Add many values without times, each made of ASCII digits, signs, points and exponents only."""
        try:
            numbers = list(map(float, texts))
        except ValueError:
            numbers = []
        if numbers and math.isfinite(sum(map(abs, numbers))) and max(map(len, texts)) <= LONGEST_VALUE_BYTES:
            places = (0, numbers.index(min(numbers)), numbers.index(max(numbers)), -1)
            texts = [texts[place] for place in places]  # the others change nothing
        for text in texts:
            self.add(text.decode())

    def merge(self, later: Values) -> None:
        """Add values that were reported after these."""
        if later._latest:
            self._see_latest(*later._latest)
        for number in (later._first, later._least, later._most):
            if number:
                self._see(number)

    def empty(self) -> Self:
        """Another one, with nothing in it yet."""
        return type(self)()

    def metric(self) -> Metric:
        """Minimum, maximum and latest, as the texts that were reported. The latest need not be a number.

        A NaN that comes first sticks as minimum and maximum: every comparison with it is false.
        """
        if self._latest is None:
            return Metric()
        if self._first is None:
            return Metric(latest=self._latest[0])
        sticks = self._first if math.isnan(self._first.value) else None
        least, most = (sticks or each or self._first for each in (self._least, self._most))
        return Metric(least.text, most.text, self._latest[0])

    @property
    def reported(self) -> bool:
        """Whether there was any value."""
        return self._latest is not None

    def _lies_between(self, value: float, time: datetime) -> bool:
        """Whether a value changes nothing, as most do."""
        if self._first is None or self._least is None or self._most is None:
            return False
        return self._least.value < value < self._most.value and time >= self._first.time

    def _see_latest(self, text: str, time: datetime) -> None:
        if self._latest is None or time >= self._latest[1]:
            self._latest = text, time

    def _see(self, new: _Number) -> None:
        if self._first is None or new.time < self._first.time:
            self._first = new
        if math.isnan(new.value):
            return
        if self._least is None or (new.value, new.time) < (self._least.value, self._least.time):
            self._least = new
        if self._most is None or (-new.value, new.time) < (-self._most.value, self._most.time):
            self._most = new


def timestamp(text: str) -> datetime | None:
    """The time of a value as Go's `time.RFC3339Nano` reads it, None where it cannot.

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

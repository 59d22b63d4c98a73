# SPDX-License-Identifier: Apache-2.0
"""From reported values to one Metric each: Katib's `getMetrics` in `trial/trial_controller_util.go`.

Katib's database returns a trial's values in order of their times, and of equal times in the order of the
report. The Metric depends on four of them alone, so that no more are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kfp_katib.results import UNAVAILABLE, Metric, go_float
from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.metrics.error import CollectorError
from kfp_katib.trial.metrics.timestamp import NO_TIME

LONGEST_VALUE_BYTES = 65_535
"""What the column `value` of Katib's database holds (`TEXT` of MySQL); a report with a longer one fails."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A value that Katib can compare."""

    value: float
    text: str
    time: datetime


class Values:
    """One metric's values so far. Of two with the same time the one that was added first is the earlier."""

    __slots__ = ("_first", "_latest", "_latest_time", "_least", "_most")

    def __init__(self) -> None:
        self._latest: str | None = None
        self._latest_time = NO_TIME
        self._first: _Number | None = None
        self._least: _Number | None = None
        self._most: _Number | None = None

    def add(self, text: str, time: datetime = NO_TIME) -> None:
        """Take the next value.

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
        """Take many values without times, each of ASCII digits, signs, points and exponents alone."""
        if not texts:
            return
        try:
            numbers = list(map(float, texts))
            plain = math.isfinite(sum(map(abs, numbers))) and max(map(len, texts)) <= LONGEST_VALUE_BYTES
        except ValueError:
            plain = False
        if not plain:
            for text in texts:
                self.add(text.decode())
            return
        least, most = min(numbers), max(numbers)
        for number in (numbers[0], least, most):
            self.add(texts[numbers.index(number)].decode())
        self._see_latest(texts[-1].decode(), NO_TIME)

    def merge(self, later: Values) -> None:
        """Take values that were reported after these."""
        if later._latest is not None:
            self._see_latest(later._latest, later._latest_time)
        for number in (later._first, later._least, later._most):
            if number:
                self._see(number)

    def metric(self) -> Metric:
        """Minimum, maximum and latest, as the texts that were reported. The latest need not be a number.

        A NaN that comes first sticks as minimum and maximum: every comparison with it is false.
        """
        if self._latest is None:
            return Metric()
        if self._first is None:
            return Metric(UNAVAILABLE, UNAVAILABLE, self._latest)
        if self._least is None or self._most is None or math.isnan(self._first.value):
            return Metric(self._first.text, self._first.text, self._latest)
        return Metric(self._least.text, self._most.text, self._latest)

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
        if self._latest is None or time >= self._latest_time:
            self._latest, self._latest_time = text, time

    def _see(self, new: _Number) -> None:
        if self._first is None or new.time < self._first.time:
            self._first = new
        if math.isnan(new.value):
            return
        if self._least is None or (new.value, new.time) < (self._least.value, self._least.time):
            self._least = new
        if self._most is None or (-new.value, new.time) < (-self._most.value, self._most.time):
            self._most = new


class Tally:
    """What a trial reported so far, metric by metric.

    Args:
        metrics: Their names, the objective first.
    """

    def __init__(self, metrics: Sequence[str]) -> None:
        self._objective = metrics[0]
        self.values: Mapping[str, Values] = {name: Values() for name in metrics}

    def metrics(self) -> dict[str, Metric]:
        """Each metric; all are unavailable where the objective was never reported, whatever else was."""
        if not self.values[self._objective].reported:
            return {name: Metric() for name in self.values}
        return {name: values.metric() for name, values in self.values.items()}

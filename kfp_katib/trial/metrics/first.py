# SPDX-License-Identifier: Apache-2.0
"""The first values that a trial reported of one metric, which early stopping compares trials by."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kfp_katib.experiment.model import Collector
from kfp_katib.results import number
from kfp_katib.trial.metrics.aggregate import NO_TIME
from kfp_katib.trial.metrics.reading import read


class FirstNumbers:
    """Of the values that are added, the first few that are numbers, in order of their times.

    Katib's service takes the values as its database returns them: by their times, and of equal times in the
    order in which they were reported.

    Attributes:
        stray: The first value that is no number, if one came before the last of those numbers; or empty text.
    """

    def __init__(self, most: int) -> None:
        self.stray: str | None = None
        self._most = most
        self._found: list[tuple[datetime, float]] = []

    @property
    def numbers(self) -> list[float]:
        """The numbers."""
        return [value for _, value in self._found]

    def add(self, text: str, time: datetime = NO_TIME) -> None:
        """Add the next value."""
        value = number(text)
        if value is not None:
            insort(self._found, (time, value), key=lambda each: each[0])
            del self._found[self._most :]
        elif self.stray is None and len(self._found) < self._most:
            self.stray = text

    def add_undated(self, texts: Sequence[bytes]) -> None:
        """Add values without times."""
        for text in texts:
            if len(self._found) == self._most and self._found[-1][0] == NO_TIME:
                return  # no later one can come before these
            self.add(text.decode())

    def merge(self, later: FirstNumbers) -> None:
        """Add values that were reported after these."""
        self.stray = later.stray if self.stray is None else self.stray
        for time, value in later._found:
            insort(self._found, (time, value), key=lambda each: each[0])
        del self._found[self._most :]

    def empty(self) -> FirstNumbers:
        """Another one, with nothing in it yet."""
        return FirstNumbers(self._most)


def first_numbers(collector: Collector, metric: str, path: Path, most: int) -> FirstNumbers:
    """What one trial reported first of a metric.

    Args:
        collector: The Experiment's collector.
        metric: The metric's name.
        path: As for `collect`.
        most: How many numbers to take.

    Raises:
        CollectorError: As for `collect`.
        OSError: The file is missing, is not a file, or cannot be read.
    """
    found = FirstNumbers(most)
    read(collector, path, {metric: found})
    return found

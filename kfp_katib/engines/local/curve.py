# SPDX-License-Identifier: Apache-2.0
"""The points of a running trial's curve: at most 200 of its reports, chosen as they come.

A journal only appends, so that what is written stays. The first 100 reports are all points, from the second
one on: a single report says no more than the trial's value. After them each point lies a sixth further than
the one before it, and where a report between the two is the best so far, it is a point as well. The last
report is one in any case. 200,000 reports fit; after that only the last one is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_POINTS = 200
_ALL = 100
_PART = 6

Point = tuple[int, float]
"""The number of the report, and a finite value."""


@dataclass(slots=True)
class Curve:
    """What is known of one trial's curve.

    Attributes:
        maximize: Whether the objective is maximized, which says what the best is.
    """

    maximize: bool
    _due: int = 2
    _points: int = 0
    _best: float | None = None
    _open_first: Point | None = None
    _open_best: Point | None = None
    _open_last: Point | None = None

    def take(self, step: int, value: float) -> Iterator[Point]:
        """Take the next report, and give the points that it makes."""
        self._open_last = step, value
        if self._best is None:
            self._open_first = self._open_last
        if self._best is None or (value > self._best if self.maximize else value < self._best):
            self._best, self._open_best = value, self._open_last
        if step >= self._due:
            self._due = step + (1 if step < _ALL else step // _PART)
            yield from self._add(MOST_POINTS - 1)

    def end(self) -> Iterator[Point]:
        """The points that are left when the trial has ended."""
        if self._open_last and self._open_last[0] > 1:
            yield from self._add(MOST_POINTS)

    def _add(self, most: int) -> Iterator[Point]:
        room = most - self._points
        chosen = sorted({each for each in (self._open_first, self._open_best, self._open_last) if each})
        self._open_first = self._open_best = self._open_last = None
        for point in chosen[-room:] if room else ():
            self._points += 1
            yield point

# SPDX-License-Identifier: Apache-2.0
"""The axis of the objective: chosen so that the contest among the good trials is seen.

One trial that diverged would press all others onto one line. So an axis ends three times as far from the best
value as the median is, where the worst lies twice as far as that; what is beyond stands at its edge, and is
named. Where the median of a minimized, positive objective is ten times the best, the axis is logarithmic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kfp_katib.report.figures.figure import axis, padded, readable
from kfp_katib.report.figures.points import Point, drawable, short

_ENDS_AT = 3.0
_DECADES = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    """The part of the objective's axis that is shown.

    Attributes:
        low, high: Its ends, as values of the objective.
        log: Whether it is logarithmic.
        maximize: Whether large values are the good ones.
        clipped: Whether values lie beyond the end of the bad ones.
    """

    low: float
    high: float
    log: bool
    maximize: bool
    clipped: bool

    def beyond(self, value: float) -> bool:
        """Whether a value is worse than what the axis shows."""
        return value < self.low if self.maximize else value > self.high

    def place(self, value: float) -> float:
        """Where a value is drawn: at the axis's edge if it is beyond."""
        return drawable(self._shown(value))

    def share(self, value: float) -> float:
        """How far up the axis a value lies, from 0 to 1."""
        low, high, here = (self._along(each) for each in (self.low, self.high, self._shown(value)))
        return (here / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5

    def value(self, share: float) -> float:
        """The value so far up the axis."""
        low, high = self._along(self.low), self._along(self.high)
        along = low * (1 - share) + high * share
        return float(10.0**along) if self.log else along

    def axis(self, title: str, **own: Any) -> dict[str, Any]:
        """Plotly's axis."""
        low, high = self._along(self.low), self._along(self.high)
        ends = padded(low, high)
        ticks = _powers(ends) if self.log else readable(low, high)
        return axis(title, type="log" if self.log else "linear", range=ends, **ticks, **own)

    @property
    def end(self) -> str:
        """Where the axis ends on the side of the bad values."""
        return short(drawable(self.low if self.maximize else self.high))

    def told(self, points: Sequence[Point]) -> str:
        """A sentence on the trials beyond the axis, the worst of them by name; empty where there is none."""
        beyond = [point for point in points if self.beyond(point.value)]
        if not beyond:
            return ""
        worst = (min if self.maximize else max)(beyond, key=lambda point: point.value)
        named = f"{worst.trial.name} with {short(worst.value)}"
        which = f"{named} is beyond"
        if len(beyond) > 1:
            which = f"{len(beyond):,} trials are beyond, the worst {named}"
        return f"The axis ends at {self.end}, so that the good ones can be told apart: {which}."

    def told_again(self) -> str:
        """The same in short, where it was told above."""
        return f"The objective's axis ends at {self.end}, as in the history." if self.clipped else ""

    def _shown(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def _along(self, value: float) -> float:
        return math.log10(value) if self.log else value


def scale(values: Sequence[float], *, maximize: bool, whole: Sequence[float] = ()) -> Scale:
    """The axis for these values, of which there is at least one.

    Args:
        values: What is to be drawn.
        maximize: Whether large values are the good ones.
        whole: Those that are on the axis in any case.
    """
    ordered = sorted(values, reverse=maximize)
    best, median, worst = ordered[0], ordered[len(ordered) // 2], ordered[-1]
    log = not maximize and best > 0.0 and median / best >= _DECADES
    end = _end([math.log10(value) for value in ordered] if log else ordered)
    edge = (min if maximize else max)([ordered[end], *whole])
    low, high = (edge, best) if maximize else (best, edge)
    return Scale(low, high, log, maximize, clipped=edge != worst)


def _end(ordered: Sequence[float]) -> int:
    """Which of the values, the best one first, is the last on the axis."""
    far = [abs(value - ordered[0]) for value in ordered]
    middle = next((each for each in far[len(far) // 2 :] if each > 0.0), 0.0)
    if not far[-1] > 2 * _ENDS_AT * middle:
        return len(ordered) - 1
    return max(place for place, each in enumerate(far) if each <= _ENDS_AT * middle)


def _powers(ends: Sequence[float]) -> dict[str, Any]:
    """Powers of ten alone where there are several: plotly would write a bare 2 and 5 between them."""
    return {"dtick": max(1, round((ends[1] - ends[0]) / 6))} if ends[1] - ends[0] >= 2 else {}

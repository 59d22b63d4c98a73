# SPDX-License-Identifier: Apache-2.0
"""The history of a search as a small picture: each trial's value in order of creation, and the best so far.

Plain SVG without script. It shows the contest among the good trials: a value far behind is drawn at the edge,
and so said below.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kfp_katib.results.brief import counted, figures
from kfp_katib.results.trials import Trial
from kfp_katib.results.values import minimized, objective_text, objective_value

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective

_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 748.0, 10.0, 176.0
_FAILURES = 190.0
"""The height of the crosses: below the axis, since a failed trial has no value."""
_POINT, _BEST, _FAILED, _OTHER = "#4a86c5", "#e8853d", "#d9534f", "#8a8a8a"
_MOST = 500
"""Points, or crosses, that are drawn; more cannot be told apart."""
_FEW = 8
_FAR = 4.0
"""A value is far behind if it is so many times farther from the best than the median is."""


@dataclass(frozen=True, slots=True)
class _Axes:
    """What values the picture spans, from its bottom to its top, and how many trials from left to right."""

    low: float
    high: float
    count: int

    def x(self, index: int) -> float:
        share = index / (self.count - 1) if self.count > 1 else 0.5
        return _LEFT + 10 + share * (_RIGHT - _LEFT - 20)

    def y(self, value: float) -> float:
        """Halves, since the distance between two finite numbers may be infinite."""
        if not self.holds(value):
            return _TOP if value > self.high else _BOTTOM
        span = self.high / 2 - self.low / 2
        share = (value / 2 - self.low / 2) / span if span > 0 else 0.5
        return _BOTTOM - 14 - share * (_BOTTOM - _TOP - 28)

    def holds(self, value: float) -> bool:
        """Whether a value has its place; otherwise it is drawn at the edge."""
        return self.low <= value <= self.high


def drawn(trials: Sequence[Trial], objective: Objective) -> str:
    """The picture and one line that explains it; empty where no trial has a value."""
    values = {
        index: value
        for index, trial in enumerate(trials)
        if (value := objective_value(trial, objective)) is not None
    }
    if not values:
        return ""
    low, high = _window(list(values.values()), objective)
    axes = _Axes(low, high, len(trials))
    ahead = _ahead(values, objective)
    kept = _thinned(list(values), always=ahead)
    lost = [index for index, trial in enumerate(trials) if trial.completed and index not in values]
    marks = [
        *_frame(axes, objective),
        _best_so_far(axes, ahead),
        *(_point(axes, index, trials[index], values[index], objective) for index in kept),
        *(_cross(axes.x(index), trials[index]) for index in _thinned(lost)),
        _ring(axes, *list(ahead.items())[-1]),
    ]
    label = escape(f"{objective.metric} of {counted(len(values), 'trial')}, and the best so far")
    picture = (
        f'<svg viewBox="0 0 760 216" width="100%" style="max-width:760px" role="img" aria-label="{label}">'
    )
    return f"{picture}{''.join(marks)}</svg>{_caption(trials, values, axes, drawn=len(kept))}"


def _window(values: Sequence[float], objective: Objective) -> tuple[float, float]:
    """The lowest and the highest value of those that are not far behind; of few trials none is."""
    behind = sorted(minimized(value, objective) for value in values)
    best, median = behind[0], behind[(len(behind) - 1) // 2]
    limit = best + _FAR * (median - best)
    worst = max((value for value in behind if value <= limit), default=best)
    if median == best or len(values) < _FEW:  # nothing to measure by
        worst = behind[-1]
    ends = minimized(best, objective), minimized(worst, objective)
    return min(ends), max(ends)


def _ahead(values: dict[int, float], objective: Objective) -> dict[int, float]:
    """The trials that were the best when they came, with their values."""
    found: dict[int, float] = {}
    best = math.inf
    for index, value in values.items():
        if minimized(value, objective) < best:
            best, found[index] = minimized(value, objective), value
    return found


def _thinned(indices: Sequence[int], always: dict[int, float] | None = None) -> list[int]:
    """Evenly chosen ones where there are too many to draw, and those that must be there."""
    every = math.ceil(len(indices) / _MOST)
    return [index for place, index in enumerate(indices) if place % every == 0 or index in (always or {})]


def _frame(axes: _Axes, objective: Objective) -> Iterator[str]:
    """The lines of the values with their numbers, and the numbers of the first and the last trial."""
    for tick in _ticks(axes.low, axes.high):
        y = axes.y(tick)
        yield f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="currentColor" opacity=".15"/>'
        yield _text(_LEFT - 6, y + 4, f"{tick:g}", "end")
    for index in sorted({0, axes.count - 1}):
        yield _text(axes.x(index), 212, str(index + 1), "middle")
    if axes.count > 1:
        yield _text((_LEFT + _RIGHT) / 2, 212, f"{objective.metric[:60]} of each trial", "middle")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    style = 'font-size="11" fill="currentColor" opacity=".75"'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {style}>{escape(text)}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers from low to high; one where they are the same."""
    rough = (high / 2 - low / 2) / 2  # a quarter of the distance
    if rough <= max(abs(low), abs(high)) * 1e-9 or rough < 1e-300:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.8)
    first = math.ceil(low / step)
    return [tick * step for tick in range(first, first + 7) if tick * step <= high]


def _best_so_far(axes: _Axes, ahead: dict[int, float]) -> str:
    """Steps from each best trial to the next, and on to the last trial."""
    (first, value), *later = ahead.items()
    path = f"M{axes.x(first):.1f} {axes.y(value):.1f}"
    path += "".join(f"H{axes.x(index):.1f}V{axes.y(value):.1f}" for index, value in later)
    return f'<path d="{path}H{axes.x(axes.count - 1):.1f}" fill="none" stroke="{_BEST}" stroke-width="1.5"/>'


def _point(axes: _Axes, index: int, trial: Trial, value: float, objective: Objective) -> str:
    x, y = axes.x(index), axes.y(value)
    shape = f'circle cx="{x:.1f}" cy="{y:.1f}" r="3"'
    if not axes.holds(value):
        shape = f'path d="M{x - 4:.1f} {y:.1f}h8l-4 {-6 if value > axes.high else 6}z"'
    fill = "none" if trial.state == "EarlyStopped" else _POINT
    hover = f"{trial.name}: {figures(objective_text(trial, objective))} ({trial.state})"
    return f'<{shape} fill="{fill}" stroke="{_POINT}"><title>{escape(hover)}</title></{shape.split()[0]}>'


def _ring(axes: _Axes, index: int, value: float) -> str:
    """Around the best trial."""
    place = f'cx="{axes.x(index):.1f}" cy="{axes.y(value):.1f}"'
    return f'<circle {place} r="6" fill="none" stroke="{_BEST}" stroke-width="2"/>'


def _cross(x: float, trial: Trial) -> str:
    """A trial that completed without a value."""
    colour = _FAILED if trial.failed else _OTHER
    path = f"M{x - 3:.1f} {_FAILURES - 3}l6 6m0 -6l-6 6"
    return (
        f'<path d="{path}" stroke="{colour}"><title>{escape(f"{trial.name}: {trial.state}")}</title></path>'
    )


def _caption(trials: Sequence[Trial], values: dict[int, float], axes: _Axes, *, drawn: int) -> str:
    """What the marks mean, and what is not drawn where it belongs."""
    states = {trial.state for trial in trials}
    far = sum(not axes.holds(value) for value in values.values())
    parts = [
        f"<span style='color:{_BEST}'>line</span>: best so far",
        "hollow: stopped early" if "EarlyStopped" in states else "",
        "×: without a value" if any(t.completed and i not in values for i, t in enumerate(trials)) else "",
        f"triangles at the edge: {counted(far, 'value')} far behind" if far else "",
        f"{drawn:,} of {len(values):,} points drawn" if drawn < len(values) else "",
    ]
    return f'<div style="font-size:.85em;opacity:.8">{" · ".join(filter(None, parts))}</div>'

# SPDX-License-Identifier: Apache-2.0
"""The Pareto set of a search with more than one objective (katib#1549): the trials that none beats in all.

Katib knows one objective. A manifest can still say of an additional metric which way it is better, by its
strategy in `metricStrategies`. The search does not aim at it: verdict, best trial and goal stay Katib's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING

from kfp_katib.results.trials import Trial
from kfp_katib.results.values import metric_value

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective

Point = tuple[float, ...]
"""A trial's values, each to be minimized."""

_AT_ONCE = 5_000
"""Points compared with each other at a time: memory grows with the square of it, to a few megabytes."""


def pareto(trials: Iterable[Trial], objective: Objective) -> tuple[Trial, ...]:
    """The Pareto set over every metric with a direction, as `Result.pareto` says."""
    signs = {name: 1.0 if way == "minimize" else -1.0 for name, way in objective.directions.items()}
    if len(signs) < 2:
        return ()
    placed = [(point, trial) for trial in trials if (point := _point(trial, objective, signs)) is not None]
    members = _undominated({point for point, _ in placed})
    placed.sort(key=lambda pair: pair[0][0])
    return tuple(trial for point, trial in placed if point in members)


def _point(trial: Trial, objective: Objective, signs: Mapping[str, float]) -> Point | None:
    """Where a trial stands; None where one of the values is not a finite number."""
    point = []
    for name, sign in signs.items():
        value = metric_value(trial, name, objective)
        if value is None:
            return None
        point.append(sign * value)
    return tuple(point)


def _undominated(points: set[Point]) -> set[Point]:
    """Those that no other is as good as or better than in each coordinate.

    A part at a time: what a part's point beats, that point or one that beats it beats in the end.
    """
    ordered, found = sorted(points), list[Point]()
    for start in range(0, len(ordered), _AT_ONCE):
        found = _among([*found, *ordered[start : start + _AT_ONCE]])
    return set(found)


def _among(points: Sequence[Point]) -> list[Point]:
    """The same by comparing all at once, with one bit for each point and a whole number for each set of them.

    A point is undominated if itself is the only one that is no worse in each coordinate. The points are
    sorted, so that no later one is better in the first coordinate where two differ.
    """
    no_worse = [(2 << place) - 1 for place in range(len(points))]
    for values in islice(zip(*points, strict=True), 1, None):
        so_far = 0
        for _, equal in groupby(sorted(range(len(points)), key=values.__getitem__), key=values.__getitem__):
            places = list(equal)
            for place in places:
                so_far |= 1 << place
            for place in places:
                no_worse[place] &= so_far
    return [point for place, point in enumerate(points) if no_worse[place] == 1 << place]

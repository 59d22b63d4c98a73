# SPDX-License-Identifier: Apache-2.0
"""Which of a trial's reports become points: few enough to be kept, enough to draw its curve."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.engines.local.curve import MOST_POINTS, Curve, Point


def points(values: list[float], *, maximize: bool = False) -> list[Point]:
    """All points of a trial that reported these values."""
    curve = Curve(maximize)
    found = [point for step, value in enumerate(values, 1) for point in curve.take(step, value)]
    return [*found, *curve.end()]


def test_up_to_a_hundred_reports_are_all_points() -> None:
    """Nobody's epochs are thinned without need."""
    values = [random.Random(1).random() for _ in range(100)]
    assert points(values) == list(enumerate(values, 1))


def test_a_single_report_is_no_curve() -> None:
    """It says no more than the trial's value."""
    assert points([0.5]) == []
    assert points([0.5, 0.5]) == [(1, 0.5), (2, 0.5)]


def test_a_point_comes_with_its_report() -> None:
    """Who looks on sees it at once."""
    curve = Curve(maximize=False)
    assert [list(curve.take(step, 1.0)) for step in (1, 2, 3)] == [[], [(1, 1.0), (2, 1.0)], [(3, 1.0)]]


@pytest.mark.parametrize(
    "value",
    [
        lambda step: -step,
        lambda step: step,
        lambda step: 1.0,
        lambda step: random.Random(step).random() - step,
    ],
    ids=["falls", "rises", "stays", "falls with noise"],
)
@pytest.mark.parametrize("reports", [101, 1000, 30_000, 400_000])
def test_there_are_never_more_than_they_may_be(value: Callable[[int], float], reports: int) -> None:
    """The first and the last are among them, in order, and they are spread over the whole run."""
    found = points([float(value(step)) for step in range(1, reports + 1)])
    steps = [step for step, _ in found]
    assert len(found) <= MOST_POINTS
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (1, reports)
    if reports <= 200_000:
        assert all(after - before <= max(1, before / 5) for before, after in pairwise(steps))


@settings(deadline=None)
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=900))
@pytest.mark.parametrize("maximize", [True, False])
def test_the_best_is_a_point(values: list[float], maximize: bool) -> None:
    """Wherever it lies."""
    best = max(values) if maximize else min(values)
    assert best in [value for _, value in points(values, maximize=maximize)]

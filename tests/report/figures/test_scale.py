# SPDX-License-Identifier: Apache-2.0
"""The objective's axis shows the contest among the good trials, and names what it leaves out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.report.figures.points import points
from kfp_katib.report.figures.scale import scale
from tests.builders.result import result, trial


@pytest.mark.parametrize(
    ("values", "maximize", "low", "high"),
    [
        pytest.param([0.1, 0.2, 0.3], False, 0.1, 0.3, id="all near"),
        pytest.param([0.1, 0.2, 0.3, 1e6], False, 0.1, 0.3, id="one diverged"),
        pytest.param([0.91, 0.9, 0.89, -1e6], True, 0.89, 0.91, id="one collapsed"),
        pytest.param([0.1, 0.1, 0.1, 5.0], False, 0.1, 5.0, id="most are equal"),
        pytest.param([0.5], False, 0.5, 0.5, id="one"),
        pytest.param([-3.0, -2.0, 0.0], False, -3.0, 0.0, id="negative"),
    ],
)
def test_an_axis_ends_where_the_good_ones_can_be_told_apart(
    values: list[float], maximize: bool, low: float, high: float
) -> None:
    """Three times as far from the best as the median, where the worst lies twice as far."""
    seen = scale(values, maximize=maximize)
    assert (seen.low, seen.high) == (low, high)
    assert seen.clipped == (min(values) < low or max(values) > high)


@pytest.mark.parametrize(
    ("values", "maximize", "log"),
    [
        ([0.001, 0.02, 0.9], False, True),
        ([0.1, 0.2, 0.3], False, False),
        ([0.0, 0.2, 0.9], False, False),
        ([-1.0, 0.2, 0.9], False, False),
        ([0.001, 0.02, 0.9], True, False),
    ],
)
def test_values_over_decades_have_a_logarithmic_axis(values: list[float], maximize: bool, log: bool) -> None:
    """Only where they are positive and small is good."""
    assert scale(values, maximize=maximize).log is log


@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    maximize=st.booleans(),
)
def test_every_value_has_a_place_on_its_axis(values: list[float], maximize: bool) -> None:
    """Between the ends, which are finite, and the best is never beyond."""
    seen = scale(values, maximize=maximize)
    low, high = seen.axis("loss")["range"]
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    assert all(0.0 <= seen.share(value) <= 1.0 for value in values)
    assert not seen.beyond(max(values) if maximize else min(values))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["0.1", "0.2", "0.3"], ""),
        (["0.1", "0.2", "0.3", "12345.6789"], "can be told apart: tune-3 with 12345.7 is beyond."),
        (["0.1", "0.2", "0.3", "0.2", "0.2", "9", "10"], "2 trials are beyond, the worst tune-6 with 10."),
    ],
)
def test_what_is_beyond_is_named(values: list[str], told: str) -> None:
    """The worst by its name, with six digits."""
    known = points(result([trial(n, value) for n, value in enumerate(values)]))
    sentence = scale([point.value for point in known], maximize=False).told(known)
    assert sentence.endswith(told) if told else not sentence

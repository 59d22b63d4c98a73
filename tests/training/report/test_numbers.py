# SPDX-License-Identifier: Apache-2.0
"""A number has the digits that its error leaves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.physics.observables import Estimate
from training.report.tables import NONE, ratio, text, words


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        pytest.param(0.083412, 0.00411, "0.0834 ± 0.0041", id="two digits of the error"),
        pytest.param(0.083412, 0.00996, "0.083 ± 0.010", id="an error that is rounded up"),
        pytest.param(1234.6, 251.2, "1230 ± 250", id="an error of hundreds"),
        pytest.param(0.0012, 0.5, "0.00 ± 0.50", id="an error above the value"),
        pytest.param(-0.0123, 0.0045, "−0.0123 ± 0.0045", id="a kernel distance below 0"),
        pytest.param(3.456e-6, 2.1e-7, "(3.46 ± 0.21) × 10⁻⁶", id="small"),
        pytest.param(3.456e6, 2.1e5, "(3.46 ± 0.21) × 10⁶", id="large"),
        pytest.param(0.0, 0.0, "0", id="zero"),
        pytest.param(0.0, 0.012, "0.000 ± 0.012", id="zero with an error"),
        pytest.param(0.5, 1e-40, "0.500000000 ± 0.000000000", id="an error of nothing"),
        pytest.param(5e-324, 0.0, "4.94 × 10⁻³²⁴", id="the smallest"),
        pytest.param(0.31234, 0.0, "0.312", id="no error"),
        pytest.param(96.0, 0.0, "96.0", id="no error, all digits"),
        pytest.param(9.996, 0.0, "10.0", id="no error, rounded up"),
        pytest.param(0.5, math.nan, "0.500", id="an error that is none"),
        pytest.param(math.nan, 0.1, NONE, id="no number"),
        pytest.param(math.inf, 0.1, NONE, id="no finite number"),
    ],
)
def test_a_number_and_its_error_share_their_digits(value: float, error: float, expected: str) -> None:
    """Two significant digits of the error; three of a number that has none."""
    assert text(Estimate(value, error)).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_a_line_can_be_broken_before_an_error_alone() -> None:
    """A phone's column is narrower than a number with its error."""
    assert words(Estimate(0.0834, 0.0041)) == ["0.0834", "±\N{NO-BREAK SPACE}0.0041"]
    assert words(None) == [NONE]


@given(value=st.floats(), error=st.floats(min_value=0.0))
def test_any_number_can_be_written(value: float, error: float) -> None:
    """Evaluations of broken models have all kinds."""
    assert all(0 < len(word) < 40 for word in words(Estimate(value, error)))


@given(value=st.floats(1e-3, 1e4), error=st.floats(1e-4, 1.0))
def test_what_is_written_is_the_number(value: float, error: float) -> None:
    """To within half of the error's last digit."""
    written = words(Estimate(value, error))[0]
    assert float(written) == pytest.approx(value, abs=0.051 * error)


def test_a_ratio_has_the_errors_of_both() -> None:
    """2 ± 0.2 over 1 ± 0.1 is 2 ± 0.28."""
    found = ratio(Estimate(2.0, 0.2), Estimate(1.0, 0.1))
    assert found is not None
    assert (found.value, found.error) == pytest.approx((2.0, 2.0 * math.hypot(0.1, 0.1)))


@pytest.mark.parametrize(
    "floor",
    [
        Estimate(0.0),
        Estimate(0.01, 0.02),
        Estimate(-0.5, 0.1),
    ],
    ids=["zero", "zero within its error", "negative"],
)
def test_there_is_no_ratio_to_a_floor_of_zero(floor: Estimate) -> None:
    """It would be noise, or no number."""
    assert ratio(Estimate(1.0, 0.1), floor) is None

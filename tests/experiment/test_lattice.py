# SPDX-License-Identifier: Apache-2.0
"""The values between min and max, as Katib's services count them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment.lattice import lattice
from kfp_katib.experiment.model import Parameter
from tests.builders.experiment import double, integer


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        pytest.param(double("p", "0.1", "0.3", "0.1"), [0.1, 0.2, 0.3], id="tenths, without float error"),
        pytest.param(double("p", "0.1", "0.6", "0.2"), [0.1, 0.3, 0.5], id="the last point lies below max"),
        pytest.param(double("p", "1", "1"), [1.0], id="a double whose min is its max"),
        pytest.param(integer("p", "1", "4"), [1, 2, 3, 4], id="an int has step 1"),
        pytest.param(integer("p", "-3", "4", "3"), [-3, 0, 3], id="a stepped int"),
        pytest.param(integer("p", "0", "4", "9"), [0], id="a step above the range"),
    ],
)
def test_the_values_are_min_plus_whole_steps(parameter: Parameter, values: list[float]) -> None:
    """As many as fit below max; ints as ints."""
    found = lattice(parameter)
    assert found.count == len(values)
    assert [found.nth(index) for index in range(len(values))] == values
    assert float(found.top) == values[-1]


def test_a_double_without_a_step_is_a_continuum() -> None:
    """It has no number of values, and max is one of them."""
    found = lattice(double("p", "0", "0.35"))
    assert (found.count, found.top) == (None, Decimal("0.35"))


@given(st.integers(-50, 50), st.integers(0, 99), st.integers(1, 50), st.floats(-0.4, 0.4))
def test_a_number_between_two_values_belongs_to_the_nearer(
    low: int, index: int, step: int, off: float
) -> None:
    """Whatever a float made of a value, less than half a step leads back to it."""
    scale = Decimal("0.001")
    start, width = low * scale, step * scale
    found = lattice(double("p", str(start), str(start + 99 * width), str(width)))
    assert found.nearest(found.nth(index) + off * float(width)) == found.nth(index)


@pytest.mark.parametrize("parameter", [double("p", "0", "0.5"), double("p", "0", "0.5", "0.1")])
def test_a_number_outside_belongs_to_an_end(parameter: Parameter) -> None:
    """Nothing leaves the range."""
    found = lattice(parameter)
    assert (found.nearest(-1.0), found.nearest(2.0)) == (0.0, 0.5)


def test_a_step_may_be_as_small_as_a_double() -> None:
    """More values than decimal arithmetic has digits are counted all the same."""
    assert lattice(double("p", "0", "1", "1e-300")).count == 10**300 + 1


def test_a_lattice_may_have_more_values_than_a_float_can_count() -> None:
    """A step of 1e-300 is as good as none."""
    found = lattice(double("p", "0", "1000000000", "1e-300"))
    assert found.nearest(5e8) == 5e8
    assert found.nearest(2e9) == 1e9

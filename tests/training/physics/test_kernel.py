# SPDX-License-Identifier: Apache-2.0
"""The kernel physics distance is that of known moments, and jetnet's."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.physics.made import normal, rng
from tests.training.physics.test_frechet import jetnet_samples
from training.physics.two_sample import kernel_distance

JETNET_KPD = (0.009668, 0.001183)
"""jetnet 0.2.5: kpd(X, Y, batch_size=2000) of the samples, and as installed, in test_frechet.py."""


def test_it_is_jetnets() -> None:
    """Within both errors, whose squares add."""
    found = kernel_distance(*jetnet_samples(), rng())
    assert abs(found.value - JETNET_KPD[0]) < 2.0 * np.hypot(found.error, JETNET_KPD[1])
    assert found.error == pytest.approx(JETNET_KPD[1], rel=1.0)


def test_it_compares_the_first_four_moments() -> None:
    """For one feature (x y + 1)^4 is a sum over them: d1, d2 and d4 of N(0, 1) and N(0.5, 1) by hand.

    4 d1^2 + 6 d2^2 + 4 d3^2 + d4^2 with d1 = 1/2, d2 = 1/4, d3 = 13/8, d4 = 25/16.
    """
    first, second = normal(40_000, 1)
    found = kernel_distance(first, second + 0.5, rng())
    expected = 4 * 0.5**2 + 6 * 0.25**2 + 4 * 1.625**2 + 1.5625**2
    assert found.value == pytest.approx(expected, abs=2.0 * found.error)


def test_two_samples_of_one_distribution_are_0_apart_on_average() -> None:
    """Unbiased: it falls below 0 as often as above."""
    found = [kernel_distance(*normal(300, 10, seed), rng(seed)) for seed in range(20)]
    values = np.array([one.value for one in found])
    assert abs(values.mean()) < 3.0 * values.std() / np.sqrt(20)
    assert (values < 0.0).any()
    assert (values > 0.0).any()


def test_the_error_is_that_of_repetitions() -> None:
    """Half samples spread as whole ones drawn anew do."""
    found = [kernel_distance(*normal(300, 10, seed), rng(seed)) for seed in range(30)]
    assert np.mean([one.error for one in found]) == pytest.approx(
        float(np.std([one.value for one in found])), rel=0.5
    )


def test_it_sees_a_shift_and_gives_the_same_for_the_same_seed() -> None:
    """Half a spread in every feature."""
    first, second = normal(500, 10)
    found = kernel_distance(first, second + 0.5, rng())
    assert found.value > 5.0 * found.error
    assert kernel_distance(first, second + 0.5, rng()) == found


@pytest.mark.parametrize("count", [2, 3, 4])
def test_few_showers_give_a_finite_distance(count: int) -> None:
    """Half of them is one or two."""
    found = kernel_distance(*normal(count, 3), rng())
    assert np.isfinite([found.value, found.error]).all()

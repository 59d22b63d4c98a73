# SPDX-License-Identifier: Apache-2.0
"""The Frechet physics distance is that of known Gaussians, and jetnet's."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.physics.made import normal, rng
from training.physics.observables import Array
from training.physics.two_sample import frechet_distance, gaussian_distance

JETNET_FPD = (0.015792, 0.000389)
"""jetnet 0.2.5: fpd(X, Y, min_samples=2000, max_samples=10000) of `jetnet_samples` before normalisation.

Run once with NumPy 2.4 and SciPy 1.17 in an environment of its own: `pip install --no-deps jetnet==0.2.5`,
numpy, scipy and numba; what its gen_metrics.py imports of torch and energyflow were empty modules.
"""


def jetnet_samples() -> tuple[Array, Array]:
    """Two normal samples, each feature divided by the first one's largest size as jetnet does."""
    random = np.random.default_rng(7)
    first, second = random.normal(size=(20_000, 5)), random.normal(size=(20_000, 5)) * 1.1 + 0.2
    largest = np.abs(first).max(axis=0)
    return first / largest, second / largest


def test_gaussians_that_commute_have_a_distance_by_hand() -> None:
    """Means 3 and 4 apart, standard deviations 1, 2 against 4, 6: 9 + 16 + (4 - 1)^2 + (6 - 2)^2."""
    found = gaussian_distance(np.zeros(2), np.diag([1.0, 4.0]), np.array([3.0, 4.0]), np.diag([16.0, 36.0]))
    assert found == pytest.approx(50.0)


def test_gaussians_that_are_turned_have_the_eigenvalues_distance() -> None:
    """Variances 9 and 1 against the same turned by 90 degrees: 2 (3 - 1)^2."""
    first, second = np.diag([9.0, 1.0]), np.diag([1.0, 9.0])
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    found = gaussian_distance(np.zeros(2), turn @ first @ turn.T, np.zeros(2), turn @ second @ turn.T)
    assert found == pytest.approx(8.0)


def test_it_is_jetnets() -> None:
    """Within both errors, whose squares add."""
    found = frechet_distance(*jetnet_samples(), rng())
    assert abs(found.value - JETNET_FPD[0]) < 2.0 * np.hypot(found.error, JETNET_FPD[1])


@pytest.mark.parametrize("showers", [240, 2000])
def test_the_size_of_the_samples_leaves_no_bias(showers: int) -> None:
    """Means 1 apart in one of 15 features: 1, where the plain distance of 240 showers is 1.2."""
    values, errors = [], []
    for seed in range(12):
        random = rng(seed)
        first, second = normal(showers, 15, seed)
        second[:, 0] += 1.0
        found = frechet_distance(first, second, random)
        values.append(found.value)
        errors.append(found.error)
    assert np.mean(values) == pytest.approx(1.0, abs=3.0 * np.std(values) / np.sqrt(12) + 0.02)
    assert 0.5 < np.mean(errors) / np.std(values) < 3.0


def test_two_samples_of_one_distribution_are_0_apart() -> None:
    """Within the error, and never below 0."""
    found = [frechet_distance(*normal(1000, 10, seed), rng(seed)) for seed in range(5)]
    assert all(0.0 <= one.value < 3.0 * one.error for one in found)


def test_it_is_the_same_both_ways_and_for_the_same_seed() -> None:
    """Up to how the showers are dealt."""
    first, second = normal(600, 4)
    second = 1.5 * second
    there, back = frechet_distance(first, second, rng()), frechet_distance(second, first, rng())
    assert abs(there.value - back.value) < there.error
    assert frechet_distance(first, second, rng()) == there


def test_few_showers_give_a_finite_distance() -> None:
    """Fewer than there are groups: most groups are empty then."""
    found = frechet_distance(*normal(8, 15), rng())
    assert np.isfinite([found.value, found.error]).all()

# SPDX-License-Identifier: Apache-2.0
"""The distances are 0 for equal samples, what their formulas say for others, and blind to order and unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import wasserstein_distance

from training.geometry import Point
from training.physics.differences import weights
from training.physics.observables import (
    JUDGED,
    Array,
    binned_wassersteins,
    physics_distance,
    separations,
    spread,
    wasserstein,
    wassersteins,
)

POINT = Point("SiW", 90.0, 64.0)
numbers = st.floats(-1e3, 1e3, width=32)
samples = arrays.arrays(np.float64, st.integers(1, 30), elements=numbers)
histograms = arrays.arrays(np.float64, (1, 8), elements=st.integers(0, 50).map(float))


def sample(shift: float = 0.0, scale: float = 1.0, *, seed: int = 1, count: int = 200) -> dict[str, Array]:
    """Normal observables of some showers."""
    drawn = np.random.default_rng(seed).normal(10.0, 1.0, (len(JUDGED), count))
    return {name: scale * (values + shift) for name, values in zip(JUDGED, drawn, strict=True)}


@given(samples, samples)
def test_wasserstein_is_scipys(first: Array, second: Array) -> None:
    """For samples of any two sizes."""
    expected = wasserstein_distance(first, second)
    assert wasserstein(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(samples, samples, st.randoms(use_true_random=False))
def test_wasserstein_is_a_distance(first: Array, second: Array, random: object) -> None:
    """0 for a sample and itself in another order, never negative, the same both ways."""
    assert wasserstein(first, np.random.default_rng(1).permutation(first)) == 0.0
    assert wasserstein(first, second) >= 0.0
    assert wasserstein(first, second) == pytest.approx(wasserstein(second, first), rel=1e-9, abs=1e-12)


def test_a_shift_is_its_own_wasserstein_distance() -> None:
    """Every value moves by it."""
    values = np.random.default_rng(1).normal(size=50)
    assert wasserstein(values, values + 0.3) == pytest.approx(0.3)


def test_a_weighted_sample_is_one_with_repeated_values() -> None:
    """So that all resamples are compared at once."""
    random = np.random.default_rng(1)
    first, second = random.normal(size=12), random.normal(size=7)
    of_first, of_second = weights(12, random, 5), weights(7, random, 5)
    expected = [
        wasserstein_distance(np.repeat(first, a.astype(int)), np.repeat(second, b.astype(int)))
        for a, b in zip(of_first, of_second, strict=True)
    ]
    assert wassersteins(first, second, of_first, of_second) == pytest.approx(expected)


def test_the_distance_of_histograms_is_that_of_their_bins() -> None:
    """One moved by two bins of width 0.5."""
    first, second = np.array([[0.0, 3.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.0, 7.0]])
    assert binned_wassersteins(first, second, 0.5).tolist() == [1.0]


def test_separation_power_by_hand() -> None:
    """1/2 ((1/4)^2 / (3/4) + (1/4)^2 / (5/4)) for shares of 1/2, 1/2 against 1/4, 3/4."""
    found = separations(np.array([[5.0, 5.0]]), np.array([[1.0, 3.0]]))
    assert found == pytest.approx([0.5 * (1 / 16 / 0.75 + 1 / 16 / 1.25)])


@given(histograms, histograms, st.permutations(range(8)), st.integers(1, 9))
def test_separation_power_is_between_0_and_1(
    first: Array, second: Array, order: list[int], factor: int
) -> None:
    """It knows neither the order of the bins nor the numbers of showers, and is the same both ways."""
    found = separations(first, second)
    assert 0.0 <= found[0] <= 1.0 + 1e-12
    assert separations(first, factor * first) == pytest.approx([0.0], abs=1e-15)
    assert separations(second, first) == pytest.approx(found)
    assert separations(first[:, order], factor * second[:, order]) == pytest.approx(found)


def test_histograms_that_never_meet_are_1_apart() -> None:
    """The largest separation power."""
    assert separations(np.array([[1.0, 0.0]]), np.array([[0.0, 4.0]])).tolist() == [1.0]


def test_the_objective_counts_in_spreads_of_full_simulation() -> None:
    """Every observable half a standard deviation too large: 0.5."""
    full = sample()
    shifted = {name: values + 0.5 * values.std() for name, values in full.items()}
    assert physics_distance({POINT: full}, {POINT: shifted}) == pytest.approx(0.5)
    assert physics_distance({POINT: full}, {POINT: full}) == 0.0


def test_the_objective_is_the_mean_over_points_and_observables() -> None:
    """One of five observables of one of two points is off by two spreads: 2 / 10."""
    full, other = sample(), Point("SciPb", 50.0, 1.0)
    wrong = {**full, "energy": full["energy"] + 2.0 * full["energy"].std()}
    found = physics_distance({POINT: full, other: full}, {POINT: full, other: wrong})
    assert found == pytest.approx(0.2)


@given(st.sampled_from([1e-3, 0.1, 25.4]), st.integers(2, 400), st.floats(-2.0, 2.0))
def test_the_objective_knows_neither_unit_nor_order_nor_size(unit: float, count: int, shift: float) -> None:
    """Centimetres instead of millimetres, showers shuffled, samples of different sizes."""
    full, generated = sample(), sample(shift, seed=2, count=count)
    found = physics_distance({POINT: full}, {POINT: generated})
    assert 0.0 <= found < 5.0
    other_unit = {name: unit * values[::-1] for name, values in generated.items()}
    in_unit = {name: unit * values for name, values in full.items()}
    assert physics_distance({POINT: in_unit}, {POINT: other_unit}) == pytest.approx(found)


def test_sparsity_is_not_in_the_objective() -> None:
    """A dense decoder would drown the rest."""
    full = sample()
    dense = {**full, "sparsity": np.ones(200)}
    assert physics_distance({POINT: {**full, "sparsity": np.zeros(200)}}, {POINT: dense}) == 0.0


def test_an_observable_that_never_varies_keeps_the_distance_finite() -> None:
    """Its own size is the unit then, and 1 where that is 0."""
    assert spread(np.full(3, -4.0)) == 4.0
    assert spread(np.zeros(3)) == 1.0
    assert spread(np.array([1.0, 3.0])) == 1.0

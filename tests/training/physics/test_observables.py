# SPDX-License-Identifier: Apache-2.0
"""Each observable is 0 for equal samples and what its definition says for others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from training.physics.observables import Summary, differences, summarise, wasserstein
from training.point import Point

POINT = Point("SiW", 90.0, 2.0)


def test_a_summary_adds_up_the_right_axes() -> None:
    """One cell of 500 MeV at ring 1, layer 3 is a quarter of 2 GeV."""
    showers = np.zeros((1, 2, 3, 4), dtype=np.float32)
    showers[0, 1, 2, 3] = 500.0
    summary = summarise(showers, POINT)
    assert summary.energy.tolist() == [0.25]
    assert summary.radial.tolist() == [0.0, 1.0]
    assert summary.longitudinal.tolist() == [0.0, 0.0, 0.0, 1.0]


def test_equal_samples_differ_by_nothing() -> None:
    """All observables are exactly 0."""
    showers = np.random.default_rng(1).random((50, 2, 3, 4), dtype=np.float32)
    summary = summarise(showers, POINT)
    assert set(differences(summary, summary).values()) == {0.0}


def test_errors_are_relative_to_the_simulated_sample() -> None:
    """Twice the energy at the same shape: mean and sigma are 100 % off, the profiles are equal."""
    showers = np.random.default_rng(1).random((50, 2, 3, 4), dtype=np.float32)
    simulated, generated = summarise(showers, POINT), summarise(2.0 * showers, POINT)
    found = differences(simulated, generated)
    assert found["energy_mean"] == pytest.approx(1.0, rel=1e-5)
    assert found["energy_sigma"] == pytest.approx(1.0, rel=1e-5)
    assert found["longitudinal_l1"] == pytest.approx(0.0, abs=1e-6)


def test_profiles_that_share_no_cell_differ_by_two() -> None:
    """The largest L1 distance of two distributions."""
    one = Summary(np.ones(2), np.array([1.0, 0.0]), np.array([1.0, 0.0]))
    other = Summary(np.ones(2), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert differences(one, other)["longitudinal_l1"] == 2.0


def test_empty_showers_give_finite_numbers() -> None:
    """A model that generates nothing is bad, not a division by zero."""
    nothing = summarise(np.zeros((5, 2, 3, 4), dtype=np.float32), POINT)
    something = summarise(np.ones((5, 2, 3, 4), dtype=np.float32), POINT)
    for first, second in ((nothing, something), (something, nothing), (nothing, nothing)):
        assert np.isfinite(list(differences(first, second).values())).all()


def test_the_wasserstein_distance_is_scipys() -> None:
    """The mean distance of sorted values, for samples of one size."""
    first, second = np.random.default_rng(1).normal([[0.0], [0.3]], 1.0, (2, 200))
    assert wasserstein(first, second) == pytest.approx(wasserstein_distance(first, second))

# SPDX-License-Identifier: Apache-2.0
"""What showers leave in each layer."""

from __future__ import annotations

import numpy as np
import pytest

from training.geometry import SIW
from training.scaling import MEV_PER_GEV
from training.showers.medium import medium
from training.showers.profiles import (
    Longitudinal,
    draw_layers,
    energy_by_layer,
    fluctuate_sampling,
    spot_numbers,
)


def test_sampling_keeps_the_mean_and_has_the_stated_variance() -> None:
    """A gamma number of mean E and variance a2 E, in GeV."""
    energy = np.full(200_000, 10.0 * MEV_PER_GEV)
    drawn = fluctuate_sampling(energy, 0.1, np.random.default_rng(1)) / MEV_PER_GEV
    assert drawn.mean() == pytest.approx(10.0, rel=0.001)
    assert drawn.var() == pytest.approx(0.1**2 * 10.0, rel=0.02)


def test_a_layer_takes_the_integral_of_the_profile_between_its_borders() -> None:
    """For alpha = 2 it has the closed form 1 - (1 + x) exp(-x), x = beta t."""
    shower = Longitudinal(maximum=np.array([4.0]), alpha=np.array([2.0]), mean_alpha=np.array([2.0]))
    depths = np.linspace(0.0, 20.0, 5)
    scaled = shower.beta[0] * depths
    assert energy_by_layer(shower, depths)[0] == pytest.approx(np.diff(1 - (1 + scaled) * np.exp(-scaled)))


def test_each_shower_has_the_energy_and_the_spots_of_its_own_electron() -> None:
    """Energies may differ within a sample: 2 GeV beside 512 GeV."""
    substance, energies = medium(SIW, 90.0), np.repeat([2.0, 512.0], 400)
    layers = draw_layers(substance, np.linspace(0.0, 60.0, 61), energies, np.random.default_rng(1))
    assert layers.spots.sum(axis=1) == pytest.approx(spot_numbers(substance, energies), rel=2e-3)
    for energy, seen in zip((2.0, 512.0), layers.energy_mev.sum(axis=1).reshape(2, 400), strict=True):
        assert seen.mean() == pytest.approx(energy * MEV_PER_GEV, rel=0.01)

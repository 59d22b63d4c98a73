# SPDX-License-Identifier: Apache-2.0
"""The parametrised profiles behave like electromagnetic showers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.geometry import GEOMETRIES, SIW, Geometry
from training.showers.medium import Array, medium
from training.showers.profiles import (
    Longitudinal,
    draw_longitudinal,
    energy_by_layer,
    radial,
    spot_numbers,
    spot_profile,
)

ENERGIES = [2.0, 16.0, 128.0, 1024.0]


def draw(geometry: Geometry, energy: float, count: int) -> Longitudinal:
    """Draw the depth profiles of showers of one energy."""
    return draw_longitudinal(medium(geometry, 90.0), np.full(count, energy), np.random.default_rng(1))


def one(energy: float, count: int = 1) -> Array:
    """One energy for each of `count` showers."""
    return np.full(count, energy)


@pytest.mark.parametrize("energy", ENERGIES)
def test_logarithms_of_maximum_and_alpha_have_the_stated_widths_and_correlation(energy: float) -> None:
    """As in hep-ex/0001020: 1/(-2.5 + 1.25 ln y), 1/(-0.82 + 0.79 ln y) and 0.784 - 0.023 ln y."""
    substance = medium(SIW, 90.0)
    shower = draw(SIW, energy, 40_000)
    y = math.log(energy * 1000.0 / substance.critical_mev)
    log_maximum, log_alpha = np.log(shower.maximum), np.log(shower.alpha)
    assert log_maximum.std() == pytest.approx(1.0 / (-2.5 + 1.25 * y), rel=0.03)
    assert log_alpha.std() == pytest.approx(1.0 / (-0.82 + 0.79 * y), rel=0.03)
    assert np.corrcoef(log_maximum, log_alpha)[0, 1] == pytest.approx(0.784 - 0.023 * y, abs=0.02)


def test_a_shower_gives_all_of_its_energy_to_a_calorimeter_without_end() -> None:
    """The layers' shares are positive and sum to one; behind 36 radiation lengths lies 0.1 % of 64 GeV."""
    shower = draw(SIW, 64.0, 200)
    assert energy_by_layer(shower, np.linspace(0.0, 500.0, 501)).sum(axis=1) == pytest.approx(np.ones(200))
    contained = energy_by_layer(shower, np.linspace(0.0, 36.0, 46))
    assert (contained >= 0.0).all()
    assert contained.sum(axis=1).mean() > 0.999


def test_radial_shares_grow_from_nothing_to_everything() -> None:
    """The two components are a distribution at every depth, whatever the corrections for the layers do."""
    depths = np.linspace(0.0, 6.0, 60)[None, :]
    for geometry in GEOMETRIES.values():
        for energy in (1.0, 1024.0):
            within = radial(medium(geometry, 50.0), one(energy), depths).within(np.geomspace(1e-6, 1e4, 80))
            assert (np.diff(within) >= 0.0).all()
            assert within[..., 0].max() < 1e-3
            assert within[..., -1].min() > 0.999


def test_showers_get_wider_with_depth() -> None:
    """Behind the maximum the core grows linearly and the tail takes over."""
    shape = radial(medium(SIW, 90.0), one(64.0), np.array([[0.5, 1.0, 2.0, 3.0]]))
    assert (np.diff(shape.core) > 0.0).all()
    assert (np.diff(shape.within(np.array([1.0]))[0, 1:, 0]) < 0.0).all()


def test_the_number_of_spots_is_the_papers() -> None:
    """N = 10.3 / c * E**0.959 for sampling calorimeters, with a maximum a little before the energy's."""
    substance, shower = medium(SIW, 90.0), draw(SIW, 100.0, 50)
    assert spot_numbers(substance, one(100.0)) == pytest.approx(10.3 / substance.sampling_term * 100.0**0.959)
    assert spot_profile(substance, shower).maximum == pytest.approx(
        shower.maximum * (0.813 + 0.0019 * substance.z)
    )


def test_energies_of_their_own_have_shapes_of_their_own() -> None:
    """Each shower takes the shape of its energy, also when the energies of a sample differ."""
    substance, energies = medium(SIW, 90.0), np.array([1.0, 1024.0])
    tau = np.array([[0.5, 1.0], [0.5, 1.0]])
    together = radial(substance, energies, tau)
    alone = [radial(substance, one(energy), tau[:1]) for energy in energies]
    for name in ("core", "tail", "core_weight"):
        rows = np.concatenate([getattr(shape, name) for shape in alone])
        assert np.array_equal(getattr(together, name), rows)

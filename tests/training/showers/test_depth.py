# SPDX-License-Identifier: Apache-2.0
"""How deep showers go: what textbooks say, and what is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import gamma

from tests.training.showers.drawn import ENERGIES, depth_holding, fractions, layer_x0, maximum_x0
from training.geometry import GEOMETRIES, SCIPB, SIW, Geometry
from training.showers.medium import medium

HIGH = [4.0, 64.0, 1024.0]
each_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


def review_maximum(geometry: Geometry, energy: float) -> float:
    """t_max = ln(E / Ec) - 0.5 for electrons: Review of Particle Physics, "Passage of particles", 34.5."""
    return math.log(energy * 1000.0 / medium(geometry, 90.0).critical_mev) - 0.5


@each_geometry
def test_the_maximum_deepens_with_the_logarithm_of_the_energy(geometry: Geometry) -> None:
    """One radiation length for each factor e: Rossi's approximation B, and the Review of Particle Physics."""
    depths = [maximum_x0(geometry, fractions(geometry, energy)) for energy in ENERGIES]
    slope, _ = np.polyfit(np.log(ENERGIES), depths, 1)
    assert slope == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("energy", ENERGIES)
@pytest.mark.parametrize(("geometry", "shift"), [(SCIPB, -0.98), (SIW, -0.74)], ids=["SciPb", "SiW"])
def test_the_maximum_is_the_reviews_but_for_a_constant(
    geometry: Geometry, shift: float, energy: float
) -> None:
    """The shift is that of hep-ex/0001020: -0.812 in place of -0.5, -0.55 / F_S, and -0.69 (1 - e/mip)."""
    substance = medium(geometry, 90.0)
    stated = -0.312 - 0.55 / substance.sampling_frequency - 0.69 * (1.0 - substance.e_over_mip)
    assert stated == pytest.approx(shift, abs=0.01)
    seen = maximum_x0(geometry, fractions(geometry, energy))
    assert seen - review_maximum(geometry, energy) == pytest.approx(shift, abs=0.15)


@pytest.mark.parametrize("energy", HIGH)
@pytest.mark.parametrize("share", [0.5, 0.95, 0.98])
@each_geometry
def test_containment_is_that_of_the_reviews_profile(geometry: Geometry, share: float, energy: float) -> None:
    """A gamma distribution of b = 0.5 (34.5) with its maximum where it is seen: at most 0.5 X0 apart."""
    cells = fractions(geometry, energy)
    profile = gamma(1.0 + 0.5 * maximum_x0(geometry, cells), scale=1.0 / 0.5)
    expected = float(profile.ppf(share))
    assert depth_holding(geometry, cells, share) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("energy", [64.0, 256.0, 1024.0])
@each_geometry
def test_98_percent_need_four_attenuation_lengths_behind_the_maximum(
    geometry: Geometry, energy: float
) -> None:
    """L(98 %) = t_max + 4 lambda with lambda = 3.4 +- 0.5 X0: U. Amaldi, Physica Scripta 23 (1981) 409."""
    depth = depth_holding(geometry, fractions(geometry, energy), 0.98)
    assert depth - review_maximum(geometry, energy) == pytest.approx(13.6, abs=2.0)


@pytest.mark.parametrize("energy", HIGH)
@each_geometry
def test_the_rule_with_the_charge_holds_99_percent(geometry: Geometry, energy: float) -> None:
    """t_max + 0.08 Z + 9.6: courses give it for 95 % or for 99 %. Here it holds 98.9 to 99.6 %."""
    depth = review_maximum(geometry, energy) + 0.08 * medium(geometry, 90.0).z + 9.6
    cells = fractions(geometry, energy)
    assert depth_holding(geometry, cells, 0.985) < depth < depth_holding(geometry, cells, 0.997)


@each_geometry
def test_high_showers_fluctuate_less_in_depth(geometry: Geometry) -> None:
    """The centre of gravity spreads by 1.4 X0 at 1 GeV, and by the 0.9 X0 of its first steps above 64 GeV."""
    spreads = []
    for energy in ENERGIES:
        layers = fractions(geometry, energy).sum(axis=(1, 2))
        centre = layers @ (np.arange(45) + 0.5) / layers.sum(axis=1) * layer_x0(geometry)
        spreads.append(centre.std() / centre.mean())
    assert (np.diff(spreads) < 0.0).all()
    assert spreads[0] == pytest.approx(0.25, abs=0.02)
    assert spreads[-1] == pytest.approx(0.071, abs=0.006)

# SPDX-License-Identifier: Apache-2.0
"""Each observable of a shower is what its definition says, on showers that can be summed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.geometry import SCIPB, SIW, Geometry, Mesh
from training.physics.observables import JUDGED, observables, profiles

MESH = Mesh(3, 4, 5)


def showers(seed: int, count: int = 6) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Showers with all cells between 0 and 1."""
    return np.random.default_rng(seed).random((count, *MESH.shape), dtype=np.float32)


@pytest.mark.parametrize("geometry", [SIW, SCIPB], ids=lambda geometry: geometry.name)
def test_one_cell_has_its_own_place_and_no_width(geometry: Geometry) -> None:
    """The moments are in mm and use the sizes of this calorimeter's cells."""
    one = np.zeros((1, *MESH.shape), dtype=np.float32)
    one[0, 1, 2, 3] = 0.25
    found = {name: float(values[0]) for name, values in observables(*profiles(one), geometry).items()}
    assert found == {
        "energy": 0.25,
        "longitudinal_first_moment": pytest.approx(3.5 * geometry.depth_mm / 5),
        "longitudinal_second_moment": pytest.approx(0.0, abs=1e-9),
        "radial_first_moment": pytest.approx(1.5 * geometry.radius_mm / 3),
        "radial_second_moment": pytest.approx(0.0, abs=1e-9),
    }


def test_second_moments_are_variances_about_the_shower_itself() -> None:
    """Energies 3 and 1 in the first and last of five layers: mean 1 layer, variance 3 layers squared."""
    two = np.zeros((1, *MESH.shape), dtype=np.float32)
    two[0, 0, :, 0], two[0, 0, :, 4] = 0.75 / 4, 0.25 / 4
    found = observables(*profiles(two), SIW)
    cell = SIW.depth_mm / 5
    assert found["longitudinal_first_moment"][0] == pytest.approx(1.5 * cell)
    assert found["longitudinal_second_moment"][0] == pytest.approx(3.0 * cell**2)
    assert found["radial_first_moment"][0] == pytest.approx(SIW.radius_mm / 6)


def test_they_are_what_numpy_averages_over_cells() -> None:
    """Shower by shower, with every cell's own depth as a value and its energy as a weight."""
    cells = showers(1)
    depths = np.broadcast_to((np.arange(5) + 0.5) * SIW.depth_mm / 5, MESH.shape)
    found = observables(*profiles(cells), SIW)
    for number, shower in enumerate(cells.astype(np.float64)):
        mean = np.average(depths, weights=shower)
        assert found["energy"][number] == pytest.approx(shower.sum())
        assert found["longitudinal_first_moment"][number] == pytest.approx(mean)
        variance = np.average((depths - mean) ** 2, weights=shower)
        assert found["longitudinal_second_moment"][number] == pytest.approx(variance)


def test_profiles_add_up_the_right_axes() -> None:
    """Layers are the last axis, rings the first one of a shower."""
    cells = showers(2)
    layers, rings = profiles(cells)
    assert layers == pytest.approx(cells.sum(axis=(1, 2)), rel=1e-5)
    assert rings == pytest.approx(cells.sum(axis=(2, 3)), rel=1e-5)


def test_a_shower_without_energy_has_finite_observables() -> None:
    """A model that generates nothing is bad, not a division by zero."""
    found = observables(*profiles(np.zeros((2, *MESH.shape), dtype=np.float32)), SIW)
    assert {name: values.tolist() for name, values in found.items()} == {name: [0.0, 0.0] for name in JUDGED}


@given(st.integers(0, 1000), st.sampled_from([0.25, 0.5, 2.0, 1024.0]), st.integers(0, 3))
def test_moments_know_no_energy_and_no_azimuth(seed: int, factor: float, turn: int) -> None:
    """A shower that is scaled and turned about its axis has scaled energy and the same moments."""
    before = observables(*profiles(showers(seed)), SIW)
    after = observables(*profiles(np.roll(showers(seed), turn, axis=2) * np.float32(factor)), SIW)
    assert after["energy"] == pytest.approx(factor * before["energy"], rel=1e-6)
    for name in JUDGED[1:]:
        assert after[name] == pytest.approx(before[name], rel=1e-5)

# SPDX-License-Identifier: Apache-2.0
"""Two ways of spreading energy over cells: the same distribution, and that of the profile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import ks_2samp

from training.geometry import GEOMETRIES, SIW, Geometry, Mesh
from training.showers.draw import Cells, Grid, count_in_cells, throw_spots
from training.showers.medium import Array, fraction_inside, medium
from training.showers.profiles import Layers, Radial, draw_layers

COUNT = 3000
COARSE = Mesh(6, 4, 9)
Way = Callable[..., None]
each_way = pytest.mark.parametrize("way", [throw_spots, count_in_cells])


def grid_of(geometry: Geometry, angle: float, mesh: Mesh = COARSE) -> Grid:
    """Cells along a direction, of five layers each."""
    fine = Mesh(mesh.r, mesh.phi, mesh.z * 5)
    ring = geometry.radius_mm / mesh.r / medium(geometry, angle).moliere_mm
    return Grid(mesh, fine, ring, None if angle == 90.0 else fraction_inside(geometry, fine, angle))


def one_shower(geometry: Geometry, angle: float, energy: float) -> Layers:
    """The layers of one shower, COUNT times: all that then differs is where the spots fall."""
    substance = medium(geometry, angle)
    depths = np.linspace(0.0, geometry.depth_mm / substance.x0_mm, 46)
    return _repeated(draw_layers(substance, depths, np.array([energy]), np.random.default_rng(5)))


def _repeated(layers: Layers) -> Layers:
    shape = layers.radial
    core, tail, weight, energy, spots = (
        np.repeat(part, COUNT, axis=0)
        for part in (shape.core, shape.tail, shape.core_weight, layers.energy_mev, layers.spots)
    )
    return Layers(energy, spots, Radial(core, tail, weight))


def spread(way: Way, layers: Layers, grid: Grid, seed: int) -> Cells:
    """Spread every shower over the cells."""
    cells = np.zeros((COUNT, *grid.mesh.shape), dtype=np.float32)
    way(layers, grid, np.random.default_rng(seed), cells, np.arange(COUNT))
    return cells


def apart(one: Array, other: Array) -> float:
    """The largest difference of means in units of its error, where at least 50 showers left something."""
    lit = ((one > 0.0).sum(axis=0) > 50) & ((other > 0.0).sum(axis=0) > 50)
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / COUNT) + 1e-9  # cells that are always lit
    return float((np.abs(one.mean(axis=0) - other.mean(axis=0))[lit] / error[lit]).max())


@pytest.mark.parametrize("energy", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("angle", [90.0, 50.0])
@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_both_ways_draw_the_same_distribution(geometry: Geometry, angle: float, energy: float) -> None:
    """Cells, their squares, products of neighbours and who is lit agree to 4.5 sigma; two observables too."""
    layers, grid = one_shower(geometry, angle, energy), grid_of(geometry, angle)
    thrown, counted = (
        spread(way, layers, grid, seed).astype(np.float64)
        for seed, way in enumerate((throw_spots, count_in_cells), start=1)
    )
    assert apart(thrown, counted) < 4.5
    assert apart(thrown**2, counted**2) < 4.5
    assert apart((thrown > 0.0).astype(np.float64), (counted > 0.0).astype(np.float64)) < 4.5
    assert apart(thrown[:, :-1] * thrown[:, 1:], counted[:, :-1] * counted[:, 1:]) < 4.5
    for name, (one, other) in {
        "energy": (thrown.sum(axis=(1, 2, 3)), counted.sum(axis=(1, 2, 3))),
        "cells lit": ((thrown > 0.0).sum(axis=(1, 2, 3)), (counted > 0.0).sum(axis=(1, 2, 3))),
    }.items():
        assert ks_2samp(one, other).pvalue > 1e-3, name


@each_way
def test_rings_hold_what_the_profile_says(way: Way) -> None:
    """The mean of each ring is the difference of the closed-form integral at its edges."""
    layers, grid = one_shower(SIW, 90.0, 10.0), grid_of(SIW, 90.0)
    rings = spread(way, layers, grid, 1).astype(np.float64).sum(axis=(2, 3))
    within = layers.radial.within(COARSE.r_edges(SIW) / medium(SIW, 90.0).moliere_mm)[0]
    expected = layers.energy_mev[0] @ np.diff(within, axis=-1)
    assert (np.abs(rings.mean(axis=0) - expected) < 4.0 * rings.std(axis=0) / COUNT**0.5).all()


@each_way
def test_energy_without_spots_falls_on_one(way: Way) -> None:
    """A layer whose mean number of spots is 0 keeps its energy in one cell, or loses it outside."""
    layers, grid = one_shower(SIW, 90.0, 1.0), grid_of(SIW, 90.0)
    bare = Layers(layers.energy_mev, np.zeros_like(layers.spots), layers.radial)
    cells = spread(way, bare, grid, 1)
    assert (cells > 0.0).sum(axis=(1, 2)).max() <= 5
    assert cells.sum(axis=(1, 2, 3)).mean() == pytest.approx(0.97 * layers.energy_mev[0].sum(), rel=0.02)


@each_way
def test_only_the_named_showers_are_filled(way: Way) -> None:
    """A chunk writes the rows it was given and leaves the others as they are."""
    layers, grid = one_shower(SIW, 90.0, 1.0), grid_of(SIW, 90.0)
    cells = np.zeros((2 * COUNT, *grid.mesh.shape), dtype=np.float32)
    way(layers, grid, np.random.default_rng(1), cells, np.arange(COUNT) * 2)
    filled = cells.sum(axis=(1, 2, 3)) > 0.0
    assert filled[::2].all()
    assert not filled[1::2].any()

# SPDX-License-Identifier: Apache-2.0
"""Whole showers: energy, resolution, shape, angle, and the closed form against spots thrown one by one."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from training.geometry import GEOMETRIES, SCIPB, SIW, Geometry, Mesh
from training.scaling import MEV_PER_GEV
from training.showers.medium import medium
from training.showers.profiles import draw_longitudinal, radial, spots
from training.showers.shower import draw_showers, energy_by_layer, fluctuate_sampling, fraction_inside

SMALL = Mesh(18, 5, 9)


def draw(
    geometry: Geometry, energy: float, angle: float = 90.0, *, count: int = 600, mesh: Mesh = SMALL
) -> npt.NDArray[np.float64]:
    """Draw showers as fractions of the incident energy."""
    showers = draw_showers(geometry, mesh, energy, angle, count=count, random=np.random.default_rng(1))
    return showers.astype(np.float64) / (energy * MEV_PER_GEV)


@pytest.mark.parametrize("energy", [1.0, 64.0, 1024.0])
@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_nearly_all_of_the_energy_is_deposited_in_the_mesh(geometry: Geometry, energy: float) -> None:
    """3.5 Molière radii and 36 radiation lengths hold 97 to 100 %, and no cell is negative."""
    cells = draw(geometry, energy, count=400)
    assert cells.min() >= 0.0
    assert 0.97 < cells.sum(axis=(1, 2, 3)).mean() < 1.01


@pytest.mark.parametrize("energy", [4.0, 64.0])
@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_the_resolution_is_the_sampling_term_over_root_e(geometry: Geometry, energy: float) -> None:
    """sigma(E)/E = a / sqrt(E), with a of the medium, plus the little that leakage adds."""
    total = draw(geometry, energy, count=2000, mesh=Mesh(2, 1, 9)).sum(axis=(1, 2, 3))
    seen = total.std() / total.mean() * math.sqrt(energy)
    assert seen == pytest.approx(medium(geometry, 90.0).sampling_term, rel=0.12)


def test_sampling_keeps_the_mean_and_has_the_stated_variance() -> None:
    """A gamma number of mean E and variance a2 E, in GeV."""
    energy = np.full(200_000, 10.0 * MEV_PER_GEV)
    drawn = fluctuate_sampling(energy, 0.1, np.random.default_rng(1)) / MEV_PER_GEV
    assert drawn.mean() == pytest.approx(10.0, rel=0.001)
    assert drawn.var() == pytest.approx(0.1**2 * 10.0, rel=0.02)


def test_the_same_seed_draws_the_same_showers() -> None:
    """A data set can be made again."""
    assert np.array_equal(draw(SIW, 4.0, count=5), draw(SIW, 4.0, count=5))


def test_a_coarser_mesh_has_the_same_showers() -> None:
    """Depth and radius profiles of 45 layers, added up, are those of 9 layers to a few percent."""
    fine, coarse = draw(SIW, 64.0, mesh=Mesh(18, 5, 45)), draw(SIW, 64.0, mesh=SMALL)
    added = fine.reshape(len(fine), 18, 5, 9, 5).sum(axis=-1)
    assert coarse.mean(axis=0).sum(axis=(0, 1)) == pytest.approx(
        added.mean(axis=0).sum(axis=(0, 1)), abs=0.01
    )
    assert coarse.mean(axis=0).sum(axis=(1, 2)) == pytest.approx(
        added.mean(axis=0).sum(axis=(1, 2)), abs=0.01
    )


def test_higher_energies_light_more_cells() -> None:
    """The number of spots grows nearly linearly with the energy."""
    lit = [(draw(SCIPB, energy, count=20, mesh=Mesh()) > 0.0).mean() for energy in (1.0, 32.0, 1024.0)]
    assert lit[0] < 0.01 < lit[1] < 0.1 < lit[2]


def test_a_perpendicular_mesh_lies_in_the_calorimeter() -> None:
    """At 90 degrees the front face and the mesh begin at the same depth."""
    assert fraction_inside(SIW, SMALL, 90.0) == pytest.approx(1.0)


def test_nothing_is_deposited_in_front_of_a_tilted_face() -> None:
    """At 50 degrees one rim of the mesh begins outside; its cells stay empty, those on the axis do not."""
    inside, cells = fraction_inside(SIW, Mesh(), 50.0), draw(SIW, 64.0, 50.0, count=20, mesh=Mesh())
    assert (inside == 0.0).any()
    assert cells[:, inside == 0.0].sum() == 0.0
    assert (inside[0, :, 1:] == 1.0).all()


def test_the_tilted_face_costs_little_energy() -> None:
    """Only what scatters widely in the first layers is lost: below 2 % at 50 degrees."""
    straight, tilted = (
        draw(SIW, 64.0, angle, count=1000).sum(axis=(1, 2, 3)).mean() for angle in (90.0, 50.0)
    )
    assert straight - 0.02 < tilted < straight + 0.005


def test_cells_agree_with_spots_thrown_one_by_one() -> None:
    """The closed form has mean and spread of GFlash's own procedure, in the innermost rings and in depth."""
    thrown = np.array([_throw_spots(SIW, 8.0, SMALL, seed) for seed in range(400)])
    drawn = draw(SIW, 8.0, count=2000, mesh=Mesh(18, 1, 9))[:, :, 0, :]
    for axis in (1, 2):
        rings_thrown, rings_drawn = thrown.sum(axis=axis)[:, :6], drawn.sum(axis=axis)[:, :6]
        error = rings_thrown.std(axis=0) / math.sqrt(len(thrown)) + rings_drawn.std(axis=0) / math.sqrt(2000)
        assert (np.abs(rings_thrown.mean(axis=0) - rings_drawn.mean(axis=0)) < 4.0 * error).all()
        assert rings_drawn.std(axis=0) == pytest.approx(rings_thrown.std(axis=0), rel=0.2)


def _throw_spots(geometry: Geometry, energy: float, mesh: Mesh, seed: int) -> npt.NDArray[np.float64]:
    """Throw every spot by itself at a random radius; energy fractions by ring and depth, shape (r, z)."""
    random, substance = np.random.default_rng(seed), medium(geometry, 90.0)
    edges = np.linspace(0.0, geometry.depth_mm / substance.x0_mm, 46)
    shower = draw_longitudinal(substance, energy, 1, random)
    layers = fluctuate_sampling(
        energy_by_layer(shower, edges)[0] * energy * MEV_PER_GEV, substance.sampling_term, random
    )
    number, profile = spots(substance, energy, shower)
    counts = np.maximum(random.poisson(number * energy_by_layer(profile, edges)[0]), 1)
    shape = radial(substance, energy, shower.tau((edges[1:] + edges[:-1]) / 2))
    cells = np.zeros((mesh.r, mesh.z))
    for layer, count in enumerate(counts):
        chosen = np.where(
            random.random(count) < shape.core_weight[0, layer], shape.core[0, layer], shape.tail[0, layer]
        )
        uniform = random.random(count)
        radius = substance.moliere_mm * chosen * np.sqrt(uniform / (1.0 - uniform))
        rings, _ = np.histogram(radius, bins=mesh.r_edges(geometry))
        cells[:, layer // 5] += rings * layers[layer] / count / (energy * MEV_PER_GEV)
    return cells

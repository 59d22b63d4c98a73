# SPDX-License-Identifier: Apache-2.0
"""Drawing a sample: one energy or many, on any mesh, again and again the same, in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.geometry import GEOMETRIES, SCIPB, SIW, Geometry, Mesh
from training.scaling import MEV_PER_GEV
from training.showers import draw
from training.showers.draw import draw_showers
from training.showers.medium import Array

SMALL = Mesh(18, 5, 9)


def fractions(
    geometry: Geometry, energy: float, angle: float = 90.0, *, count: int = 600, mesh: Mesh = SMALL
) -> Array:
    """Draw showers as fractions of the incident energy."""
    showers = draw_showers(geometry, mesh, np.full(count, energy), angle, np.random.default_rng(1))
    return showers.astype(np.float64) / (energy * MEV_PER_GEV)


@settings(max_examples=30, deadline=None)
@given(
    geometry=st.sampled_from([SCIPB, SIW]),
    mesh=st.builds(Mesh, st.integers(1, 20), st.integers(1, 20), st.integers(1, 60)),
    angle=st.floats(20.0, 90.0),
    energies=st.lists(st.floats(0.05, 2000.0), min_size=1, max_size=3),
)
def test_any_sample_is_energies(geometry: Geometry, mesh: Mesh, angle: float, energies: list[float]) -> None:
    """Whatever mesh, angle and energies: finite, nowhere negative, and not more than was there."""
    incident = np.array(energies)
    cells = draw_showers(geometry, mesh, incident, angle, np.random.default_rng(1))
    assert cells.dtype == np.float32
    assert cells.shape == (len(energies), *mesh.shape)
    assert np.isfinite(cells).all()
    assert cells.min() >= 0.0
    assert (cells.sum(axis=(1, 2, 3)) / MEV_PER_GEV < incident + 1.5 * np.sqrt(incident)).all()


def test_each_shower_has_the_energy_that_it_was_given() -> None:
    """Few spots are thrown and many are counted, in one sample, and every shower stays in its place."""
    energies = np.tile([1.0, 1024.0, 32.0], 20)
    cells = draw_showers(SIW, SMALL, energies, 90.0, np.random.default_rng(1))
    seen = cells.sum(axis=(1, 2, 3)) / (energies * MEV_PER_GEV)
    assert (np.abs(seen - 1.0) < 0.05 + 0.35 / np.sqrt(energies)).all()


def test_the_same_seed_draws_the_same_showers() -> None:
    """A data set can be made again."""
    assert np.array_equal(fractions(SIW, 4.0, count=5), fractions(SIW, 4.0, count=5))


@pytest.mark.parametrize("energy", [8.0, 1024.0], ids=["thrown", "counted"])
@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_a_coarser_mesh_has_the_same_showers(geometry: Geometry, energy: float) -> None:
    """Depth and radius profiles of 45 layers, added up, are those of 9 layers to one percent."""
    fine, coarse = fractions(geometry, energy, mesh=Mesh(18, 5, 45)), fractions(geometry, energy)
    added = fine.reshape(len(fine), 18, 5, 9, 5).sum(axis=-1)
    for others in ((0, 1), (1, 2)):
        assert coarse.mean(axis=0).sum(axis=others) == pytest.approx(
            added.mean(axis=0).sum(axis=others), abs=0.01
        )


def test_a_sample_needs_little_more_memory_than_itself() -> None:
    """3,000 showers are 97 MB; drawing them, spots and all, takes at most 40 MB beside."""
    tracemalloc.start()
    cells = draw_showers(SIW, Mesh(18, 50, 9), np.full(3000, 10.0), 90.0, np.random.default_rng(1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - cells.nbytes < 40e6


def test_the_cheaper_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spots are thrown while they are fewer than twice the cells, and counted above."""
    taken: list[str] = []
    for name in ("throw_spots", "count_in_cells"):
        monkeypatch.setattr(draw, name, lambda *_, name=name: taken.append(name))
    energies = np.array([1.0, 10.0, 400.0, 1024.0])
    draw_showers(SIW, Mesh(), energies, 90.0, np.random.default_rng(1))
    assert taken == ["throw_spots", "count_in_cells"]

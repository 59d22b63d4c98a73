# SPDX-License-Identifier: Apache-2.0
"""Showers in memory: cells are added up without loss, and a bad value is found with its index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.training.data.showers import block, cells
from training.data.block import Block, check_energies, coarsened, runs
from training.errors import DataError
from training.geometry import Mesh, Point

POINT = Point("SiW", 90.0, 64.0)
meshes = st.builds(Mesh, st.integers(1, 6), st.integers(1, 6), st.integers(1, 12))


def of(cells_mev: npt.NDArray[np.float32]) -> Block:
    """A block of these showers."""
    return Block(POINT, np.full(len(cells_mev), 64.0), cells_mev)


def test_a_coarser_mesh_adds_neighbouring_cells_up() -> None:
    """No energy is lost, and each new cell is the sum of its own neighbours."""
    showers = np.arange(2 * 4 * 6 * 8, dtype=np.float32).reshape(2, 4, 6, 8)
    coarse = coarsened(of(showers), Mesh(2, 3, 4)).cells_mev
    assert coarse.shape == (2, 2, 3, 4)
    assert coarse[0, 0, 0, 0] == showers[0, :2, :2, :2].sum()
    assert coarse[1, 1, 2, 3] == showers[1, 2:, 4:, 6:].sum()
    assert coarse.sum() == showers.sum()


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), meshes)
def test_coarsening_conserves_energy(r: int, phi: int, z: int, mesh: Mesh) -> None:
    """Every cell goes into exactly one larger one, whatever the mesh."""
    showers = cells(2, (mesh.r * r, mesh.phi * phi, mesh.z * z))
    coarse = coarsened(of(showers), mesh).cells_mev
    assert coarse.shape == (2, *mesh.shape)
    assert np.allclose(coarse.sum(axis=(1, 2, 3)), showers.sum(axis=(1, 2, 3)), rtol=1e-4)


@given(st.integers(1, 3), st.integers(1, 3), meshes)
def test_coarsening_in_two_steps_is_coarsening_at_once(once: int, twice: int, mesh: Mesh) -> None:
    """Sums of sums are sums."""
    between = Mesh(mesh.r * once, mesh.phi, mesh.z * once)
    showers = of(cells(2, (between.r * twice, between.phi * twice, between.z)))
    at_once, in_two = coarsened(showers, mesh), coarsened(coarsened(showers, between), mesh)
    assert np.allclose(at_once.cells_mev, in_two.cells_mev, rtol=1e-4)


def test_taken_showers_keep_their_energies() -> None:
    """Cells and incident energies stay side by side."""
    whole = Block(POINT, np.arange(10.0), cells(10))
    some = whole.take(np.arange(10) % 3 == 0)
    assert some.energies_gev.tolist() == [0.0, 3.0, 6.0, 9.0]
    assert np.array_equal(some.cells_mev, whole.cells_mev[::3])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -0.5], ids=str)
def test_a_bad_energy_is_found_with_its_index_in_the_file(bad: float) -> None:
    """Rows count from the beginning of the dataset, not of the run that was read."""
    values = cells(3)
    values[1, 0, 2, 3] = bad
    with pytest.raises(DataError, match=rf"a\.h5: dataset '64' has 1 energies .* {bad} at \(129, 0, 2, 3\)"):
        check_energies(values, "a.h5", "64", first=128)


def test_nothing_and_zero_are_energies() -> None:
    """A shower may miss the calorimeter, and a run may be empty."""
    check_energies(np.zeros((2, 3)), "a.h5", "64")
    check_energies(np.zeros((0, 3)), "a.h5", "64")
    assert len(block(0)) == 0


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(width=32)),
)
def test_whatever_is_bad_is_found_and_nothing_else(values: npt.NDArray[np.float32]) -> None:
    """The quick look at the extremes agrees with a look at every value."""
    if all(np.isfinite(value) and value >= 0.0 for value in values.flat):
        check_energies(values, "a.h5", "64")
    else:
        with pytest.raises(DataError):
            check_energies(values, "a.h5", "64")


@given(st.integers(0, 1000), st.integers(1, 300))
def test_runs_cover_all_rows_once(count: int, size: int) -> None:
    """In order, none longer than was asked."""
    covered = [row for run in runs(count, size) for row in run]
    assert covered == list(range(count))
    assert all(len(run) <= size for run in runs(count, size))

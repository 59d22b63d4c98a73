# SPDX-License-Identifier: Apache-2.0
"""The layout of the CaloChallenge's data sets 2 and 3, by its own description."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.training.data.showers import pieces_in, write_calochallenge, write_hdf5
from training.data.source import MESHES, blocks, find
from training.errors import DataError
from training.geometry import SIW, Mesh, Point

WIDE = Point("SiW", 90.0, 1.0, 1000.0)


def test_a_file_is_one_point_with_a_range_of_energies(tmp_path: Path) -> None:
    """1 GeV to 1 TeV, drawn from a uniform distribution of the logarithm, at a right angle."""
    write_calochallenge(tmp_path / "dataset_2_1.hdf5", 10)
    (piece,) = pieces_in(tmp_path)
    assert (piece.point, piece.count, piece.mesh) == (WIDE, 10, Mesh(9, 16, 45))
    (block,) = blocks([piece], count=10, at_most_bytes=2**30)
    assert block.energies_gev == pytest.approx(np.geomspace(1.0, 1000.0, 10))


@pytest.mark.parametrize(
    ("voxels", "r_mm"), [(6480, [0.0, 4.65, 41.85]), (40500, [0.0, 2.325, 41.85])], ids=["2", "3"]
)
def test_the_volume_is_that_of_our_mesh(voxels: int, r_mm: list[float]) -> None:
    """First, second and last radius as in binning_dataset_2.xml and binning_dataset_3.xml; 45 layers."""
    edges = MESHES[voxels].r_edges(SIW)
    assert [edges[0], edges[1], edges[-1]] == pytest.approx(r_mm)
    assert np.diff(MESHES[voxels].z_edges(SIW)) == pytest.approx(np.full(45, 3.4))
    assert edges[-1] == SIW.radius_mm
    assert MESHES[voxels].cells == voxels


def test_r_runs_fastest_then_the_angle_then_the_layer(tmp_path: Path) -> None:
    """As the challenge's README has it: the first entries are the radii of the first slice of layer 0."""
    showers = np.zeros((3, 6480))
    showers[0, 1] = 1.0  # the second radius
    showers[1, 9] = 2.0  # the second slice
    showers[2, 9 * 16] = 3.0  # the second layer
    write_hdf5(tmp_path / "a.hdf5", {"incident_energies": np.full((3, 1), 2e3), "showers": showers})
    (block,) = blocks(pieces_in(tmp_path), count=3, at_most_bytes=2**30)
    assert block.cells_mev.shape == (3, 9, 16, 45)
    assert [tuple(map(int, where)) for where in np.argwhere(block.cells_mev)] == [
        (0, 1, 0, 0),
        (1, 0, 1, 0),
        (2, 0, 0, 1),
    ]
    assert block.cells_mev.sum(axis=(1, 2, 3)).tolist() == [1.0, 2.0, 3.0]


def test_both_files_of_a_data_set_are_one_point(tmp_path: Path) -> None:
    """The challenge ships its showers in two or four files."""
    write_calochallenge(tmp_path / "dataset_2_1.hdf5", 10)
    write_calochallenge(tmp_path / "dataset_2_2.hdf5", 20)
    assert [(piece.point, piece.count) for piece in pieces_in(tmp_path)] == [(WIDE, 10), (WIDE, 20)]


ENERGIES, SHOWERS = np.full((4, 1), 2e3), np.zeros((4, 6480))


@pytest.mark.parametrize(
    ("energies", "showers", "message"),
    [
        (ENERGIES, np.zeros((4, 368)), r"'showers' has 368 voxels. Expected 6480 \(9x16x45\) or 40500"),
        (ENERGIES, np.zeros((4, 45, 16, 9)), r"'showers' has shape \(4, 45, 16, 9\)"),
        (ENERGIES[:3], SHOWERS, r"'incident_energies' has shape \(3, 1\) .* for each of the 4 showers"),
        (ENERGIES[:, 0], SHOWERS, r"'incident_energies' has shape \(4,\)"),
        (ENERGIES / 1e3, SHOWERS, r"'incident_energies' has 2 at \(0, 0\). Expected 1000 to 1e\+06 MeV"),
        (ENERGIES * np.nan, SHOWERS, r"'incident_energies' has 4 energies that are negative or not finite"),
        (-ENERGIES, SHOWERS, r"'incident_energies' has 4 energies that are negative"),
        (ENERGIES, SHOWERS - 1.0, r"'showers' has 25920 energies .* first is -1\.0 at \(0, 0\)"),
    ],
    ids=["data set 1", "not flat", "fewer", "one axis", "in GeV", "nan", "negative", "negative cells"],
)
def test_what_is_not_of_the_challenge_says_why(
    tmp_path: Path, energies: npt.NDArray[np.float64], showers: npt.NDArray[np.float64], message: str
) -> None:
    """The message names file, dataset and what was seen; units are checked by their range."""
    write_hdf5(tmp_path / "a.hdf5", {"incident_energies": energies, "showers": showers})
    with pytest.raises(DataError, match=rf"a\.hdf5: dataset {message}"):
        list(blocks(pieces_in(tmp_path), count=4, at_most_bytes=2**30))


@pytest.mark.parametrize("missing", ["incident_energies", "showers"])
def test_half_of_a_file_is_named(tmp_path: Path, missing: str) -> None:
    """Only showers, or only energies."""
    both = {"incident_energies": ENERGIES, "showers": SHOWERS}
    write_hdf5(tmp_path / "a.hdf5", {name: values for name, values in both.items() if name != missing})
    with pytest.raises(DataError, match=f"dataset '{missing}' is missing; the file has"):
        find(tmp_path)

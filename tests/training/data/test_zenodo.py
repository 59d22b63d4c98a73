# SPDX-License-Identifier: Apache-2.0
"""The layout of the published showers: energy as key, calorimeter and angle in the name, (N, r, phi, z)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.training.data.showers import cells, pieces_in, write_hdf5
from training.data.source import blocks, find
from training.errors import DataError
from training.geometry import Mesh, Point

POINT = Point("SiW", 90.0, 64.0)


def test_every_dataset_is_a_point(tmp_path: Path) -> None:
    """Calorimeter and angle are the file's, the energy is the key's; the mesh is the shape's."""
    write_hdf5(tmp_path / "SiW_angle_90.h5", {"1024": cells(3), "64": cells(5)})
    write_hdf5(tmp_path / "SciPb_angle_50.h5", {"0.5": cells(4)})
    found = pieces_in(tmp_path)
    assert [(str(piece.point), piece.count) for piece in found] == [
        ("SciPb, 0.5 GeV, 50 degrees", 4),
        ("SiW, 64 GeV, 90 degrees", 5),
        ("SiW, 1024 GeV, 90 degrees", 3),
    ]
    assert {piece.mesh for piece in found} == {Mesh(2, 3, 4)}


def test_folders_by_calorimeter_are_looked_into(tmp_path: Path) -> None:
    """The archive has them side by side; sorted by calorimeter is as good."""
    write_hdf5(tmp_path / "SiW/SiW_angle_90.h5", {"64": cells()})
    write_hdf5(tmp_path / "SciPb_angle_90.h5", {"64": cells()})
    assert [piece.point.geometry for piece in pieces_in(tmp_path)] == ["SciPb", "SiW"]


@pytest.mark.parametrize(
    "kind", [np.float64, np.float32, np.float16, np.int32], ids=lambda kind: kind.__name__
)
def test_showers_are_read_as_single_floats(tmp_path: Path, kind: type[np.generic]) -> None:
    """Whatever the numbers' type in the file; each shower has the point's energy."""
    values = (cells(5) * 100).astype(kind)
    write_hdf5(tmp_path / "SiW_angle_90.h5", {"64": values})
    (read,) = blocks(pieces_in(tmp_path), count=5, at_most_bytes=2**20)
    assert read.cells_mev.dtype == np.float32
    assert np.array_equal(read.cells_mev, values.astype(np.float32))
    assert read.energies_gev.tolist() == [64.0] * 5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            np.zeros((3, 4)),
            r"dataset '64' has shape \(3, 4\) and type float64. Expected \(showers, r, phi, z\)",
        ),
        (np.zeros((0, 2, 3, 4)), r"dataset '64' has shape \(0, 2, 3, 4\)"),
        (np.full((1, 2, 3, 4), b"x"), r"dataset '64' has shape \(1, 2, 3, 4\) and type \|S1"),
        (np.full((1, 2, 3, 4), np.nan), r"dataset '64' has 24 energies that are negative or not finite"),
        (np.full((1, 1, 1, 2), [0.0, -1.0]), r"'64' has 1 energies .* first is -1\.0 at \(0, 0, 0, 1\)"),
        (np.full((1, 1, 1, 1), 1e300), r"'64' has 1 energies .* first is inf at \(0, 0, 0, 0\)"),
    ],
    ids=["two axes", "no shower", "text", "nan", "negative", "beyond single floats"],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_a_dataset_that_holds_no_showers_says_why(
    tmp_path: Path, values: npt.NDArray[np.generic], message: str
) -> None:
    """The message names file, dataset and what was seen, with its index."""
    write_hdf5(tmp_path / "SiW_angle_90.h5", {"64": values})
    with pytest.raises(DataError, match=rf"SiW_angle_90\.h5: .*{message}"):
        list(blocks(pieces_in(tmp_path), count=5, at_most_bytes=2**20))


@pytest.mark.parametrize("key", ["abc", "nan", "-4", "0", "inf"])
def test_a_key_that_is_no_energy_is_named(tmp_path: Path, key: str) -> None:
    """With what was expected in its place."""
    write_hdf5(tmp_path / "SiW_angle_90.h5", {key: cells()})
    with pytest.raises(DataError, match=f"dataset '{key}' is not named by an energy. Expected SiW_angle_90"):
        find(tmp_path)


def test_a_group_is_no_dataset(tmp_path: Path) -> None:
    """A file with the energies one level down is refused by name."""
    write_hdf5(tmp_path / "SiW_angle_90.h5", {"64/showers": cells()})
    with pytest.raises(DataError, match=r"dataset '64' is a group; the file has 64\. Expected"):
        find(tmp_path)


def test_one_point_in_two_files_is_refused(tmp_path: Path) -> None:
    """The same showers would be trained on and tested with."""
    write_hdf5(tmp_path / "SiW/SiW_angle_90.h5", {"64": cells()})
    write_hdf5(tmp_path / "SiW_angle_90.h5", {"64": cells()})
    with pytest.raises(DataError, match=r"SiW_angle_90\.h5 and .* both hold SiW, 64 GeV, 90 degrees"):
        find(tmp_path)

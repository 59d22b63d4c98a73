# SPDX-License-Identifier: Apache-2.0
"""Files of showers: what is written is read, and a bad file says which file, which dataset and what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from training.data import layout
from training.errors import DataError
from training.geometry import Mesh
from training.point import Point

POINT = Point("SiW", 90.0, 64.0)
PATH = Path("SiW/SiW_angle_90.h5")


def showers(count: int = 3, mesh: tuple[int, int, int] = (2, 3, 4)) -> npt.NDArray[np.float32]:
    """Some energies in MeV."""
    return np.random.default_rng(1).random((count, *mesh), dtype=np.float32)


def write_raw(folder: Path, name: str = "SiW/SiW_angle_90.h5", **datasets: object) -> Path:
    """Write a file without our writer; keys lead with an underscore, which is dropped."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for key, values in datasets.items():
            file[key.removeprefix("_")] = values
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Values, points and mesh survive."""
    layout.write(tmp_path, POINT, showers())
    assert layout.points(tmp_path) == (POINT,)
    assert np.array_equal(layout.read(tmp_path, POINT), showers())
    assert np.array_equal(layout.read(tmp_path, POINT, limit=2), showers()[:2])
    assert layout.mesh_of(tmp_path, [POINT]) == Mesh(2, 3, 4)


def test_the_file_is_laid_out_like_the_published_ones(tmp_path: Path) -> None:
    """{geo}/{geo}_angle_{a}.h5, the energy in GeV as key, (N, r, phi, z), gzip."""
    layout.write(tmp_path, POINT, showers())
    layout.write(tmp_path, Point("SiW", 90.0, 1024.0), showers())
    with h5py.File(tmp_path / PATH) as file:
        assert sorted(file) == ["1024", "64"]
        assert file["64"].shape == (3, 2, 3, 4)
        assert file["64"].compression == "gzip"


def test_files_beside_each_other_are_found_too(tmp_path: Path) -> None:
    """The published archive has no folders by geometry; doubles are read as well."""
    write_raw(tmp_path, "SciPb_angle_50.h5", _2=showers().astype(np.float64))
    assert layout.points(tmp_path) == (Point("SciPb", 50.0, 2.0),)
    assert layout.read(tmp_path, Point("SciPb", 50.0, 2.0)).dtype == np.float32


def test_a_point_is_replaced(tmp_path: Path) -> None:
    """Preparing again leaves one dataset, the new one."""
    layout.write(tmp_path, POINT, showers(3))
    layout.write(tmp_path, POINT, showers(5))
    assert len(layout.read(tmp_path, POINT)) == 5


def nothing(folder: Path) -> None:
    """Leave the folder empty."""


def a_text_file(folder: Path) -> None:
    """Write a file that is not HDF5."""
    (folder / "SiW").mkdir()
    (folder / PATH).write_text("not HDF5")


def half_a_file(folder: Path) -> None:
    """Write a file and cut it."""
    layout.write(folder, POINT, showers(50))
    content = (folder / PATH).read_bytes()
    (folder / PATH).write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (nothing, "no showers found"),
        (a_text_file, r"SiW_angle_90\.h5: not a usable HDF5 file"),
        (half_a_file, r"SiW_angle_90\.h5: not a usable HDF5 file"),
        (lambda folder: write_raw(folder, "SiW.h5", _64=showers()), r"SiW\.h5: not a file of showers"),
        (lambda folder: write_raw(folder, "LAr_angle_90.h5", _64=showers()), "not a file of showers"),
        (lambda folder: write_raw(folder, _abc=showers()), "dataset 'abc' is not named by an energy"),
        (lambda folder: write_raw(folder, _nan=showers()), "dataset 'nan' is not named by an energy"),
    ],
    ids=["empty", "not HDF5", "cut", "no angle", "unknown geometry", "key is text", "key is nan"],
)
def test_a_folder_that_is_no_data_set_says_why(
    tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    """Each message names the file, and the dataset where there is one."""
    spoil(tmp_path)
    with pytest.raises(DataError, match=message):
        layout.points(tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 4)), r"dataset '64' has shape \(3, 4\)"),
        (np.zeros((0, 2, 3, 4)), r"dataset '64' has shape \(0, 2, 3, 4\)"),
        (np.full((1, 2, 3, 4), np.nan), r"dataset '64' has 24 cells that are negative or not finite"),
        (np.full((1, 1, 1, 2), [0.0, -1.0]), r"has 1 cells .* first -1\.0 at \(0, 0, 0, 1\)"),
    ],
    ids=["two axes", "no shower", "nan", "negative"],
)
def test_a_dataset_that_holds_no_showers_says_why(
    tmp_path: Path, values: npt.NDArray[np.float64], message: str
) -> None:
    """The message names file, dataset and what was seen."""
    write_raw(tmp_path, _64=values)
    with pytest.raises(DataError, match=rf"SiW_angle_90\.h5: .*{message}"):
        layout.read(tmp_path, POINT)


def test_a_missing_dataset_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    """Asking for 64 GeV in a file of 2 and 4 GeV shows both."""
    write_raw(tmp_path, _2=showers(), _4=showers())
    with pytest.raises(DataError, match="dataset '64' is missing; it has 2, 4"):
        layout.read(tmp_path, POINT)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Asking for another angle names the file that would hold it."""
    layout.write(tmp_path, POINT, showers())
    with pytest.raises(
        DataError, match=r"SiW_angle_50\.h5 is missing; it would hold SiW, 64 GeV, 50 degrees"
    ):
        layout.read(tmp_path, Point("SiW", 50.0, 64.0))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A wrong path is not an empty data set."""
    with pytest.raises(DataError, match="nowhere: not a folder"):
        layout.points(tmp_path / "nowhere")


def test_two_meshes_in_one_data_set_are_refused(tmp_path: Path) -> None:
    """A model has one number of cells."""
    layout.write(tmp_path, POINT, showers())
    layout.write(tmp_path, Point("SciPb", 90.0, 64.0), showers(mesh=(2, 3, 5)))
    with pytest.raises(DataError, match=r"has the mesh 2x3x4, but .*SciPb_angle_90\.h5 has 2x3x5"):
        layout.mesh_of(tmp_path, layout.points(tmp_path))

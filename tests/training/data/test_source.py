# SPDX-License-Identifier: Apache-2.0
"""Somebody's files: which layout they have is found out, they are streamed, and bad ones are named."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.training.data.showers import Spoil, cells, cut, pieces_in, write_calochallenge, write_hdf5
from training.data.source import blocks, find, mesh_of
from training.errors import DataError, OptionError
from training.geometry import Mesh

ZENODO = "SiW_angle_90.h5"


def a_text_file(folder: Path) -> None:
    """Write a file that is not HDF5."""
    (folder / ZENODO).write_text("not HDF5")


def half_a_file(folder: Path) -> None:
    """Write a file and cut it."""
    cut(write_hdf5(folder / ZENODO, {"64": cells(50)}))


def no_index(folder: Path) -> None:
    """Write a file and spoil the list of its datasets."""
    path = write_hdf5(folder / ZENODO, {"64": cells(50)})
    path.write_bytes(path.read_bytes().replace(b"HEAP", b"heap"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda folder: None,
            "no showers found. Expected SiW_angle_90.h5 .* or a file with 'incident_energies'",
        ),
        (a_text_file, r"SiW_angle_90\.h5: not a usable HDF5 file"),
        (half_a_file, r"SiW_angle_90\.h5: not a usable HDF5 file"),
        (no_index, r"SiW_angle_90\.h5: not a usable HDF5 file .*bad local heap signature.* Remove it"),
        (lambda f: write_hdf5(f / "SiW.h5", {"64": cells()}), r"SiW\.h5: not a file of showers: it has 64"),
        (
            lambda f: write_hdf5(f / "LAr_angle_90.h5", {"64": cells()}),
            r"LAr_angle_90\.h5: not a file of showers",
        ),
        (lambda f: write_hdf5(f / "a.hdf5", {}), r"a\.hdf5: not a file of showers: it has nothing. Expected"),
    ],
    ids=["empty", "not HDF5", "cut", "no index", "no angle", "unknown calorimeter", "no dataset"],
)
def test_a_folder_without_showers_says_why(tmp_path: Path, spoil: Spoil, message: str) -> None:
    """Each message names the file and what was expected."""
    spoil(tmp_path)
    with pytest.raises(DataError, match=message):
        find(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A wrong path is not an empty data set."""
    with pytest.raises(DataError, match="nowhere: not a folder"):
        find(tmp_path / "nowhere")


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    """What lies beside it is left alone."""
    write_hdf5(tmp_path / ZENODO, {"64": cells()})
    write_calochallenge(tmp_path / "dataset_2_1.hdf5")
    assert [piece.dataset for piece in pieces_in(tmp_path / ZENODO)] == ["64"]
    assert [piece.dataset for piece in pieces_in(tmp_path)] == ["showers", "64"]


def test_damage_inside_a_file_is_named_with_its_rows(tmp_path: Path) -> None:
    """The file opens, its end is there, and yet the third piece of it cannot be decompressed."""
    path = write_hdf5(tmp_path / ZENODO, {"64": cells(12)}, compression="gzip", chunks=(4, 2, 3, 4))
    with h5py.File(path) as file:
        piece = file["64"].id.get_chunk_info(2)
    with path.open("r+b") as raw:
        raw.seek(piece.byte_offset)
        raw.write(b"\0" * piece.size)
    with pytest.raises(DataError, match=rf"{ZENODO}: dataset '64' is damaged in rows 8 to 12"):
        list(blocks(pieces_in(tmp_path), count=12, at_most_bytes=4 * 96))


def test_blocks_hold_what_was_allowed(tmp_path: Path) -> None:
    """96 bytes a shower; the last block is what remains of the first ten."""
    write_hdf5(tmp_path / ZENODO, {"64": cells(20)})
    read = list(blocks(pieces_in(tmp_path), count=10, at_most_bytes=400))
    assert [len(block) for block in read] == [4, 4, 2]
    assert np.array_equal(np.concatenate([block.cells_mev for block in read]), cells(20)[:10])


def test_what_is_compressed_together_is_read_together(tmp_path: Path) -> None:
    """Else every run of rows would decompress the same pieces again."""
    write_hdf5(tmp_path / ZENODO, {"64": cells(20)}, compression="gzip", chunks=(7, 1, 1, 2))
    assert [len(b) for b in blocks(pieces_in(tmp_path), count=20, at_most_bytes=100)] == [7, 7, 6]
    assert [len(b) for b in blocks(pieces_in(tmp_path), count=20, at_most_bytes=1600)] == [14, 6]


def test_two_meshes_in_one_source_are_refused(tmp_path: Path) -> None:
    """A model has one number of cells."""
    write_hdf5(tmp_path / ZENODO, {"64": cells()})
    write_hdf5(tmp_path / "SciPb_angle_90.h5", {"64": cells(mesh=(2, 3, 5))})
    with pytest.raises(DataError, match=r"has the mesh 2x3x4, but .*SciPb_angle_90\.h5 has 2x3x5"):
        mesh_of(pieces_in(tmp_path), None)


def test_a_mesh_that_does_not_divide_is_refused(tmp_path: Path) -> None:
    """50 cells around the axis cannot become 16."""
    write_hdf5(tmp_path / ZENODO, {"64": cells(1, (18, 50, 45))})
    assert mesh_of(pieces_in(tmp_path), Mesh(9, 25, 15)) == Mesh(9, 25, 15)
    with pytest.raises(OptionError, match="18x16x9 does not divide the files' mesh 18x50x45"):
        mesh_of(pieces_in(tmp_path), Mesh(18, 16, 9))


def test_a_prepared_set_is_no_source(tmp_path: Path) -> None:
    """Splitting it again would mix its parts."""
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(DataError, match="prepared already; its test part would be trained on"):
        find(tmp_path)

# SPDX-License-Identifier: Apache-2.0
"""A set that is half there, old or damaged is refused, and the place is named."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest

from tests.training.data.showers import Spoil, cut, prepared, read_point, write_calochallenge
from training.data.dataset import open_part
from training.errors import DataError
from training.geometry import Point
from training.prepare import prepare
from training.vae.feed import Sources, feed

LOW, HIGH = Point("SiW", 90.0, 4.0), Point("SiW", 90.0, 64.0)

FILE = "training/SiW/SiW_angle_90.h5"


def nothing(folder: Path) -> None:
    """Leave an empty folder."""
    folder.mkdir()


def undeclared(folder: Path) -> None:
    """End the preparation before its last step."""
    (prepared(folder) / "dataset.json").rename(folder / "dataset.json.unfinished")


def cut_off(folder: Path) -> None:
    """Lose half a file."""
    cut(prepared(folder) / FILE)


def lost(folder: Path) -> None:
    """Lose a file."""
    (prepared(folder) / FILE).unlink()


def garbled(folder: Path) -> None:
    """Declare nonsense."""
    (prepared(folder) / "dataset.json").write_text("[1, 2]")


def outdated(folder: Path) -> None:
    """Declare a calorimeter that is not known here."""
    path = prepared(folder) / "dataset.json"
    path.write_text(path.read_text().replace('"geometry": "SiW"', '"geometry": 3').replace("2x5x9", "?"))


def unsized(folder: Path) -> None:
    """Declare files without their sizes."""
    path = prepared(folder) / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "files": {FILE: None}}))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: None, "data: not a folder. Give the folder that training.prepare wrote to"),
        (nothing, r"data: not a prepared data set: it has no dataset\.json. Run `python -m training.prepare"),
        (undeclared, r"data: half a data set, without dataset\.json: its preparation was ended early"),
        (cut_off, rf"{FILE}: has \d+ bytes, declared were \d+ bytes. Prepare the set again"),
        (lost, rf"{FILE}: is missing, declared were \d+ bytes"),
        (garbled, r"dataset\.json: not a declaration of showers .* Prepare the set in an empty"),
        (outdated, r"dataset\.json: not a declaration of showers"),
        (unsized, r"dataset\.json: not a declaration of showers"),
    ],
    ids=["missing", "empty", "half", "cut", "lost", "garbled", "outdated", "unsized"],
)
def test_what_is_not_a_prepared_set_is_refused(tmp_path: Path, spoil: Spoil, message: str) -> None:
    """Before anything is trained on it, with the mend."""
    spoil(tmp_path / "data")
    with pytest.raises(DataError, match=message):
        open_part(tmp_path / "data", "training")


def test_damage_inside_a_file_is_named_with_its_index(tmp_path: Path) -> None:
    """A set of the right size whose content is no longer what was written."""
    part = open_part(prepared(tmp_path), "training")
    with h5py.File(tmp_path / FILE, "r+") as file:
        file["64"][5, 1, 2, 3] = -1.0
        del file["4"]
    with pytest.raises(DataError, match=rf"{FILE}: dataset '64' .* -1\.0 at \(5, 1, 2, 3\)"):
        read_point(part, HIGH, slice(4, 7))
    with pytest.raises(DataError, match=rf"{FILE}: dataset '4' is missing; the file has 64\. Declared was"):
        feed(Sources(part, part), 0)


@pytest.mark.parametrize("key", ["1-1000", "1-1000_energies_gev"], ids=["cells", "energies"])
def test_one_wrong_bit_is_found_when_it_is_read(tmp_path: Path, key: str) -> None:
    """Of the same size and still an HDF5 file: what was stored has a checksum of its own."""
    write_calochallenge(tmp_path / "source/dataset_2_1.hdf5", 20)
    prepare(str(tmp_path / "source"), tmp_path / "data", mesh="3x4x5")
    with h5py.File(tmp_path / "data" / FILE) as file:
        stored = file[key].id.get_chunk_info(0)
    with (tmp_path / "data" / FILE).open("r+b") as raw:
        raw.seek(stored.byte_offset + stored.size // 2)
        (byte,) = raw.read(1)
        raw.seek(-1, 1)
        raw.write(bytes([byte ^ 1]))
    part = open_part(tmp_path / "data", "training")
    with pytest.raises(DataError, match=rf"{FILE}: dataset '{key}' is damaged in rows 0 to 16"):
        read_point(part, next(iter(part.counts)))

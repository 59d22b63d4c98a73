# SPDX-License-Identifier: Apache-2.0
"""Files of showers as somebody else would have written them, and small data sets of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from training.data.block import Block
from training.data.dataset import Part, open_part, read
from training.data.files import Place
from training.data.source import Piece, find
from training.geometry import Point
from training.prepare import prepare
from training.scaling import Floats

MESH = (2, 3, 4)
CALO_VOXELS = 6480


def cells(count: int = 10, mesh: tuple[int, int, int] = MESH, *, seed: int = 1) -> Floats:
    """Some energies in MeV, no two alike."""
    return np.random.default_rng(seed).random((count, *mesh), dtype=np.float32)


def block(count: int = 10, point: Point | None = None) -> Block:
    """Some showers of one point."""
    return Block(point or Point("SiW", 90.0, 64.0), np.full(count, 64.0), cells(count))


def write_hdf5(path: Path, datasets: Mapping[str, npt.ArrayLike], **options: object) -> Path:
    """Write a file; the keys are its datasets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for key, values in datasets.items():
            file.create_dataset(key, data=values, **options)
    return path


def write_calochallenge(
    path: Path,
    count: int = 10,
    *,
    lowest_mev: float = 1e3,
    highest_mev: float = 1e6,
    voxels: int = CALO_VOXELS,
) -> Path:
    """Write a file as the challenge has them: doubles, gzip, energies spread evenly in their logarithm."""
    energies = np.geomspace(lowest_mev, highest_mev, count)[:, None]
    showers = np.random.default_rng(count).random((count, voxels))
    return write_hdf5(path, {"incident_energies": energies, "showers": showers}, compression="gzip")


def pieces_in(where: Place) -> list[Piece]:
    """What lies in somebody's files, whichever point it is of."""
    return [piece for pieces in find(where).values() for piece in pieces]


def prepared(folder: Path, **options: object) -> Path:
    """Generate the smallest set that is worth the name: two points of ten showers."""
    usual = {"geometries": "SiW", "energies": "4,64", "angles": "90", "showers": 10, "mesh": "2x5x9"}
    prepare("", folder, **{**usual, "validation": 0.1, "test": 0.1, **options})
    return folder


def numbered(folder: Path, counts: Mapping[float, int]) -> Part:
    """Prepare showers of one cell whose content counts on over all points, and open what is trained on.

    Args:
        folder: Where to.
        counts: How many showers each energy gets, before the split.
    """
    first = 1
    stored = {}
    for energy, count in counts.items():
        stored[f"{energy:g}"] = np.arange(first, first + count, dtype=np.float32).reshape(-1, 1, 1, 1)
        first += count
    write_hdf5(folder / "source/SiW_angle_90.h5", stored)
    prepare(str(folder / "source"), folder / "prepared")
    return open_part(folder / "prepared", "training")


def read_point(part: Part, point: Point, rows: slice = slice(None)) -> Block:
    """Showers of one point, all of them unless said otherwise."""
    (read_at_once,) = read(part, [(point, range(part.counts[point])[rows])])
    return read_at_once


def cut(path: Path, *, keep: float = 0.5) -> None:
    """Cut a file off, as an interrupted copy does."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])


Spoil = Callable[[Path], object]

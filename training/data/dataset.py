# SPDX-License-Identifier: Apache-2.0
"""A prepared data set as training and evaluation read it: by part, and by point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from training.data import declaration, files
from training.data.block import Block, Number, numbers_of, rows_of
from training.data.files import Place
from training.errors import DataError
from training.geometry import Mesh, Point
from training.scaling import Floats, conditions, to_fractions

Run = tuple[Point, range]
"""Neighbouring rows of one point."""


@dataclass(frozen=True)
class Part:
    """One part of a prepared data set; the points are in order.

    `source` is where its showers came from: an address, or ``generate``.
    """

    folder: Place
    name: str
    mesh: Mesh
    counts: Mapping[Point, int]
    source: str


@dataclass(frozen=True)
class Showers:
    """Scaled cells, shape (showers, cells), in the order r, phi, z; and conditions, shape (showers, 4)."""

    cells: Floats
    conditions: Floats

    def __len__(self) -> int:
        return len(self.cells)


def open_part(folder: Path | str, part: str) -> Part:
    """Look into a prepared data set.

    Sizes are compared with what was declared. Checksums are not, which would read the whole set: HDF5 has its
    own, of every piece, and compares them when it is read.

    Args:
        folder: Where `training.prepare` wrote to, or an address that it was copied to: that is streamed.
        part: One of `training.data.declaration.PARTS`.

    Raises:
        DataError: It is not prepared, half prepared, or a file is missing or cut off.
    """
    where = files.place(folder)
    declared = declaration.read(where)
    for name in sorted({declaration.file_of(part, point) for point in declared.counts}):
        path, expected = files.below(where, name), declared.sizes.get(name)
        if (found := files.size(path)) != expected:
            seen = "is missing" if found is None else f"has {found} bytes"
            raise DataError(f"{path}: {seen}, declared were {expected} bytes. Prepare the set again.")
    counts = {point: shares[part] for point, shares in declared.counts.items()}
    return Part(where, part, declared.mesh, counts, str(declared.recipe.get("source", "")))


def read(part: Part, runs: Iterable[Run]) -> Iterator[Block]:
    """Read showers run by run; a file stays open from one run to the next.

    Raises:
        DataError: A file does not hold what was declared.
    """
    for path, of_file in groupby(runs, key=lambda run: declaration.file_of(part.name, run[0])):
        place = files.below(part.folder, path)
        with files.hdf5(place) as file:
            for point, rows in of_file:
                yield _read_run(file, place, part, point, rows)


def _read_run(file: h5py.File, where: Place, part: Part, point: Point, rows: range) -> Block:
    def stored(key: str, of_one: tuple[int, ...], dtype: type[Number]) -> npt.NDArray[Number]:
        shape = (part.counts[point], *of_one)
        dataset = numbers_of(file, where, key, shape, f"Declared was {shape}. Prepare the set again.")
        return rows_of(dataset, where, rows, dtype, mend="Prepare the set again.")

    cells = stored(declaration.key_of(point), part.mesh.shape, np.float32)
    if point.highest_gev is None:
        return Block(point, np.full(len(rows), point.energy_gev), cells)
    return Block(point, stored(declaration.energies_key_of(point), (), np.float64), cells)


def scaled(block: Block) -> Showers:
    """Return showers as the model sees them: fractions of the incident energy, and what it is told."""
    fractions = to_fractions(block.cells_mev, block.energies_gev)
    told = conditions(block.point.geometry, block.energies_gev, block.point.angle_deg)
    return Showers(fractions.reshape(len(block), -1), told)

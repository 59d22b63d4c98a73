# SPDX-License-Identifier: Apache-2.0
"""Where showers of one point lie in somebody's files, and how they are read without holding them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import h5py
import numpy as np
import numpy.typing as npt

from training.data.block import Block, check_energies
from training.data.files import Place, reading
from training.errors import DataError
from training.geometry import Mesh
from training.point import Point

STORED_AT_MOST_BYTES = 2**30
"""Of one run of rows: files whose compressed pieces span more rows than fit are decompressed repeatedly."""


@dataclass(frozen=True)
class Piece:
    """One dataset of showers in one file; all its showers belong to one point."""

    place: Place
    layout: str
    dataset: str
    point: Point
    count: int
    mesh: Mesh


class Layout(Protocol):
    """What a module has that knows one layout of files."""

    NAME: str

    def recognises(self, file: h5py.File, where: Place) -> bool:
        """Whether a file has this layout, be it right or spoilt."""

    def pieces(self, file: h5py.File, where: Place) -> list[Piece]:
        """Return what a file holds."""

    def read(self, file: h5py.File, piece: Piece, rows: slice) -> Block:
        """Read showers, checked."""


def numbers_of(file: h5py.File, where: Place, name: str, axes: int, expected: str) -> h5py.Dataset:
    """Return a dataset of numbers with so many axes, none of them empty.

    Raises:
        DataError: It is something else; the message says what was expected.
    """
    dataset = file.get(name)
    if not isinstance(dataset, h5py.Dataset):
        seen = "is missing" if dataset is None else "is a group"
        raise DataError(f"{where}: dataset {name!r} {seen}; the file has {', '.join(file)}. {expected}")
    if dataset.ndim != axes or 0 in dataset.shape or dataset.dtype.kind not in "fiu":
        raise DataError(
            f"{where}: dataset {name!r} has shape {dataset.shape} and type {dataset.dtype}. {expected}"
        )
    return dataset


def rows_of(
    dataset: h5py.Dataset, where: Place, rows: slice, dtype: type[np.floating]
) -> npt.NDArray[np.floating]:
    """Read rows of a dataset, checked to be energies.

    Raises:
        DataError: They are damaged, negative or not finite.
    """
    name = str(dataset.name).lstrip("/")
    with reading(where, name, rows, mend="Fetch the file again."):
        values: npt.NDArray[np.floating] = dataset.astype(dtype)[rows]
    check_energies(values, file=where, dataset=name, first=rows.start)
    return values


def rows_at_once(dataset: h5py.Dataset, at_most_bytes: int) -> int:
    """How many rows to read at once: so many bytes as single floats, but whole compressed pieces.

    A piece that spans many rows and few columns, as h5py chooses by itself, would else be decompressed once
    for every run of rows.
    """
    row_bytes = 4 * int(np.prod(dataset.shape[1:]))
    rows = max(1, at_most_bytes // row_bytes)
    together = int(dataset.chunks[0]) if dataset.chunks else 1
    if together * row_bytes > STORED_AT_MOST_BYTES:
        return rows
    return max(together, rows // together * together)

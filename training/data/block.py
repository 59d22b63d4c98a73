# SPDX-License-Identifier: Apache-2.0
"""Showers in memory, in the order of their file, and how rows of an HDF5 file are checked and read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import h5py
import numpy as np
import numpy.typing as npt

from training.data.files import Place, undamaged
from training.errors import DataError
from training.geometry import Mesh, Point
from training.scaling import Floats

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.bool_]
Number = TypeVar("Number", bound=np.floating[Any])

STORED_AT_MOST_BYTES = 2**30
"""Of one run of rows: files whose compressed pieces span more rows than fit are decompressed repeatedly."""


@dataclass(frozen=True)
class Block:
    """Showers of one point: incident energies, shape (n,), and cells in MeV, shape (n, r, phi, z)."""

    point: Point
    energies_gev: Array
    cells_mev: Floats

    def __len__(self) -> int:
        return len(self.cells_mev)

    def take(self, rows: Rows) -> Block:
        """Return the marked showers."""
        return Block(self.point, self.energies_gev[rows], self.cells_mev[rows])


def coarsened(block: Block, wanted: Mesh) -> Block:
    """Add up neighbouring cells until the mesh is the one wanted, which divides the one that is there."""
    cells = block.cells_mev
    if cells.shape[1:] == wanted.shape:
        return block
    r, phi, z = (have // want for have, want in zip(cells.shape[1:], wanted.shape, strict=True))
    split = cells.reshape(-1, wanted.r, r, wanted.phi, phi, wanted.z, z)
    return Block(block.point, block.energies_gev, split.sum(axis=(2, 4, 6), dtype=np.float32))


def runs(count: int, size: int) -> Iterator[range]:
    """Cut rows into consecutive runs of at most `size`."""
    for start in range(0, count, size):
        yield range(start, min(start + size, count))


def numbers_of(
    file: h5py.File, where: Place, name: str, shape: tuple[int | None, ...], expected: str
) -> h5py.Dataset:
    """Return a dataset of numbers of this shape, in which None stands for any length but 0.

    Raises:
        DataError: It is something else; the message says what was expected.
    """
    dataset = file.get(name)
    if not isinstance(dataset, h5py.Dataset):
        seen = "is missing" if dataset is None else "is a group"
        raise DataError(f"{where}: dataset {name!r} {seen}; the file has {', '.join(file)}. {expected}")
    fits = dataset.ndim == len(shape) and all(
        have > 0 if want is None else have == want for have, want in zip(dataset.shape, shape, strict=True)
    )
    if not fits or dataset.dtype.kind not in "fiu":
        raise DataError(
            f"{where}: dataset {name!r} has shape {dataset.shape} and type {dataset.dtype}. {expected}"
        )
    return dataset


def rows_of(
    dataset: h5py.Dataset, where: Place, rows: range, dtype: type[Number], *, mend: str
) -> npt.NDArray[Number]:
    """Read rows of a dataset, checked to be energies.

    Raises:
        DataError: They are damaged, with the mend that was given; or they are negative or not finite.
    """
    name = str(dataset.name).lstrip("/")
    stored = dataset if dataset.dtype == dtype else dataset.astype(dtype)  # which h5py reads more slowly
    with undamaged(where, f"dataset {name!r} is damaged in rows {rows.start} to {rows.stop}", mend):
        values: npt.NDArray[Number] = stored[rows.start : rows.stop]
    check_energies(values, where, name, first=rows.start)
    return values


def check_energies(values: npt.NDArray[np.floating], where: object, name: str, *, first: int = 0) -> None:
    """Refuse what cannot be an energy; `first` is the row of the dataset which the values start with.

    Raises:
        DataError: A value is negative or not finite; the message has its index in the dataset.
    """
    if values.size == 0 or (values.min() >= 0.0 and values.max() < np.inf):  # a NaN makes both false
        return
    bad = ~np.isfinite(values) | (values < 0.0)
    row, *rest = (int(index) for index in np.argwhere(bad)[0])
    value = values[(row, *rest)]
    raise DataError(
        f"{where}: dataset {name!r} has {int(bad.sum())} energies that are negative or not finite, the "
        f"first is {value} at {(first + row, *rest)}. Energies are 0 or more: fetch or simulate them again."
    )


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

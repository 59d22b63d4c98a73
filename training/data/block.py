# SPDX-License-Identifier: Apache-2.0
"""Showers on their way through memory: a run of rows of one point, in the order of its file.

A piece says where in somebody's files such showers lie; a block is some of them, read and checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import h5py
import numpy as np
import numpy.typing as npt

from training.data.files import Place, reading
from training.errors import DataError, OptionError
from training.geometry import Mesh, Point
from training.scaling import Floats

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.bool_]

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
    """Add up neighbouring cells until the mesh is the one wanted.

    Raises:
        OptionError: The meshes do not fit into each other.
    """
    count, *shape = block.cells_mev.shape
    mesh = Mesh(*shape)
    if mesh == wanted:
        return block
    check_divides(mesh, wanted)
    r, phi, z = (have // want for have, want in zip(mesh.shape, wanted.shape, strict=True))
    split = block.cells_mev.reshape(count, wanted.r, r, wanted.phi, phi, wanted.z, z)
    summed = split.sum(axis=(2, 4, 6), dtype=np.float32)
    return Block(block.point, block.energies_gev, np.asarray(summed))


def check_divides(mesh: Mesh, wanted: Mesh) -> None:
    """Refuse a mesh whose cells are not made of whole cells.

    Raises:
        OptionError: It does not divide the mesh that is there.
    """
    if any(have % want for have, want in zip(mesh.shape, wanted.shape, strict=True)):
        raise OptionError(
            f"mesh {wanted} does not divide the files' mesh {mesh}. Take divisors along r, phi, z."
        )


def check_energies(values: npt.NDArray[np.floating], *, file: object, dataset: str, first: int = 0) -> None:
    """Refuse what cannot be an energy.

    Args:
        values: Energies; the first axis counts showers.
        file: Where they come from, for the message.
        dataset: The dataset in that file.
        first: The row of that dataset which `values` starts with.

    Raises:
        DataError: A value is negative or not finite; the message has its index in the dataset.
    """
    if values.size == 0 or (values.min() >= 0.0 and values.max() < np.inf):  # a NaN makes both false
        return
    bad = ~np.isfinite(values) | (values < 0.0)
    row, *rest = (int(index) for index in np.argwhere(bad)[0])
    value = values[(row, *rest)]
    raise DataError(
        f"{file}: dataset {dataset!r} has {int(bad.sum())} energies that are negative or not finite, the "
        f"first is {value} at {(first + row, *rest)}. Energies are 0 or more: fetch or simulate them again."
    )


def runs(count: int, size: int) -> Iterator[slice]:
    """Cut rows into consecutive runs of at most `size`."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


@dataclass(frozen=True)
class Piece:
    """One dataset of showers in one file; all its showers belong to one point."""

    place: Place
    dataset: str
    point: Point
    count: int
    mesh: Mesh


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

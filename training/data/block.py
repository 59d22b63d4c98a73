# SPDX-License-Identifier: Apache-2.0
"""Showers on their way through memory: a run of rows of one point, in the order of its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import DataError, OptionError
from training.geometry import Mesh
from training.point import Point
from training.scaling import Floats

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.bool_]


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

# SPDX-License-Identifier: Apache-2.0
"""Writes a prepared data set: every shower of a point into its part, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import h5py
import numpy as np

from training.data.block import Block
from training.data.declaration import PARTS, energies_key_of, file_of, key_of
from training.data.split import Shares, parts_of
from training.errors import DataError
from training.geometry import Mesh
from training.point import Point

GZIP_LEVEL = 1
"""Higher levels save a few percent of mostly empty cells and cost several times the time."""
STORED_BYTES = 2**20
CACHE_BYTES = 8 * STORED_BYTES


@dataclass(frozen=True)
class Supply:
    """The showers of one point as they come, and how many will."""

    point: Point
    mesh: Mesh
    count: int
    blocks: Iterator[Block]


def write_point(folder: Path, supply: Supply, shared: Shares) -> None:
    """Write the showers of one point into the files of their parts.

    Raises:
        DataError: The showers are not as many as announced, or cannot be written.
    """
    try:
        written = _written(folder, supply, shared)
    except OSError as err:  # a full disk may only show when a file is closed
        reason = str(err).splitlines()[0]
        raise DataError(f"{folder}: {supply.point} cannot be written ({reason}). Is the disk full?") from err
    if written != supply.count:
        raise DataError(
            f"{supply.point}: {written} showers came, {supply.count} were announced. Prepare again."
        )


def _written(folder: Path, supply: Supply, shared: Shares) -> int:
    at = 0
    with ExitStack() as stack:
        outputs = [
            stack.enter_context(Output(folder / file_of(part, supply.point), supply, count))
            for part, count in zip(PARTS, shared.by_part, strict=True)
        ]
        for block in supply.blocks:
            parts = parts_of(slice(at, at + len(block)), shared)
            for number, output in enumerate(outputs):
                output.append(block.take(parts == number))
            at += len(block)
    return at


def rows_stored_together(mesh: Mesh) -> int:
    """How many showers are compressed as one: about a megabyte, and whole ones in 64 showers."""
    rows = 64
    while rows > 1 and rows * mesh.cells * 4 > STORED_BYTES:
        rows //= 2
    return rows


class Output:
    """The datasets of one point in the file of one part, while they are being filled."""

    def __init__(self, path: Path, supply: Supply, count: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._at = 0
        self._file = h5py.File(path, "a", locking=False, rdcc_nbytes=CACHE_BYTES)
        self._cells = self._file.create_dataset(
            key_of(supply.point),
            shape=(count, *supply.mesh.shape),
            dtype=np.float32,
            chunks=(min(count, rows_stored_together(supply.mesh)), *supply.mesh.shape),
            compression="gzip",
            compression_opts=GZIP_LEVEL,
        )
        self._energies = (
            None
            if supply.point.highest_gev is None
            else self._file.create_dataset(
                energies_key_of(supply.point), shape=(count,), dtype=np.float64, fletcher32=True
            )
        )

    def append(self, block: Block) -> None:
        """Write showers behind those that are there."""
        rows = slice(self._at, self._at + len(block))
        self._cells[rows] = block.cells_mev
        if self._energies is not None:
            self._energies[rows] = block.energies_gev
        self._at = rows.stop

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except RuntimeError as err:  # what h5py makes of a flush that fails, where a write gives an OSError
            raise OSError(str(err)) from err

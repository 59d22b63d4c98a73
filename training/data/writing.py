# SPDX-License-Identifier: Apache-2.0
"""Writes a prepared data set: every shower of a point into its part, a block at a time.

Which showers are trained on, which choose the epoch and the trial, and which none of them has seen: of the n
showers of a point, round(n x `validation`) and round(n x `test`), each at least one, are held back. They lie
evenly spaced among the others, as the test showers do among those held back, so that a drift along a file is
in every part. Nothing is drawn by chance: all trials and seeds have the same parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from training.data.block import Block, Rows
from training.data.declaration import PARTS, Shares, energies_key_of, file_of, key_of
from training.errors import DataError
from training.geometry import Mesh, Point

GZIP_LEVEL = 1
"""Higher levels save a few percent of mostly empty cells and cost several times the time."""
STORED_BYTES = 2**20
CACHE_BYTES = 8 * STORED_BYTES


def shares(count: int, validation: float, test: float, *, of: object) -> Shares:
    """Share out the showers of a point.

    Args:
        count: How many there are.
        validation: The fraction that chooses the epoch and the trial.
        test: The fraction that only the evaluation sees.
        of: The point, for the message.

    Raises:
        DataError: A part would stay empty.
    """
    held = [max(1, int(count * fraction + 0.5)) for fraction in (validation, test)]
    if count <= sum(held):
        raise DataError(
            f"{of}: {count} showers cannot be split into training, validation ({validation:g}) and test "
            f"({test:g}). Every part needs one: prepare at least 3, or hold back less."
        )
    return dict(zip(PARTS, (count - sum(held), *held), strict=True))


def parts_of(rows: range, shared: Shares) -> dict[str, Rows]:
    """Mark for each part those of some rows of a point that it gets."""
    row = np.arange(rows.start, rows.stop)
    count, test = sum(shared.values()), shared["test"]
    held = count - shared["training"]
    before, after = row * held // count, (row + 1) * held // count
    is_held = after > before
    is_test = is_held & ((before + 1) * test // held > before * test // held)
    return {"training": ~is_held, "validation": is_held & ~is_test, "test": is_test}


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
    except (OSError, RuntimeError) as err:  # the latter where a full disk shows when h5py closes a file
        reason = str(err).splitlines()[0]
        raise DataError(f"{folder}: {supply.point} cannot be written ({reason}). Is the disk full?") from err
    if written != supply.count:
        raise DataError(
            f"{supply.point}: {written} showers came, {supply.count} were announced. Prepare again."
        )


def _written(folder: Path, supply: Supply, shared: Shares) -> int:
    at, ends = 0, dict.fromkeys(PARTS, 0)
    with ExitStack() as opened:
        outputs = {}
        for part, count in shared.items():
            path = folder / file_of(part, supply.point)
            path.parent.mkdir(parents=True, exist_ok=True)
            file = opened.enter_context(h5py.File(path, "a", locking=False, rdcc_nbytes=CACHE_BYTES))
            outputs[part] = _datasets(file, supply, count)
        for block in supply.blocks:
            for part, rows in parts_of(range(at, at + len(block)), shared).items():
                (cells, energies), taken = outputs[part], block.take(rows)
                target = slice(ends[part], ends[part] + len(taken))
                cells[target] = taken.cells_mev
                if energies is not None:
                    energies[target] = taken.energies_gev
                ends[part] = target.stop
            at += len(block)
    return at


def _datasets(file: h5py.File, supply: Supply, count: int) -> tuple[h5py.Dataset, h5py.Dataset | None]:
    """Make room for the cells of a part's showers, and for their energies where they differ."""
    cells = file.create_dataset(
        key_of(supply.point),
        shape=(count, *supply.mesh.shape),
        dtype=np.float32,
        chunks=(min(count, rows_stored_together(supply.mesh)), *supply.mesh.shape),
        compression="gzip",
        compression_opts=GZIP_LEVEL,
    )
    if supply.point.highest_gev is None:
        return cells, None
    key = energies_key_of(supply.point)
    return cells, file.create_dataset(key, shape=(count,), dtype=np.float64, fletcher32=True)


def rows_stored_together(mesh: Mesh) -> int:
    """How many showers are compressed as one: about a megabyte, and whole ones in 64 showers."""
    rows = 64
    while rows > 1 and rows * mesh.cells * 4 > STORED_BYTES:
        rows //= 2
    return rows

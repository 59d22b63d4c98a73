# SPDX-License-Identifier: Apache-2.0
"""A folder of showers as the arrays that training takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.data import layout
from training.errors import DataError
from training.geometry import Mesh
from training.scaling import Floats, conditions, to_fractions


@dataclass(frozen=True)
class Showers:
    """Scaled cells, shape (showers, cells), in the order r, phi, z; and conditions, shape (showers, 4)."""

    cells: Floats
    conditions: Floats

    def __len__(self) -> int:
        return len(self.cells)

    def take(self, rows: npt.NDArray[np.bool_]) -> Showers:
        """Return the marked showers."""
        return Showers(self.cells[rows], self.conditions[rows])


@dataclass(frozen=True)
class Split:
    """Showers to learn from and showers to judge by."""

    mesh: Mesh
    training: Showers
    validation: Showers


def load(folder: Path, *, validation: float, limit: int | None = None) -> Split:
    """Read every point of a data set.

    The same showers are held back for every trial, whatever its seed: only so are their losses comparable.

    Args:
        folder: Root of the data set.
        validation: Fraction of each point's showers that is held back, evenly spaced.
        limit: The first so many showers of each point; None reads all.

    Raises:
        DataError: The folder is not a data set, or holds too few showers to split.
    """
    found = layout.points(folder)
    mesh = layout.mesh_of(folder, found)
    parts, held_back = [], []
    for point in found:
        cells = layout.read(folder, point, limit=limit).reshape(-1, mesh.cells)
        told = conditions(point.geometry, point.energy_gev, point.angle_deg)
        parts.append((to_fractions(cells, point.energy_gev), np.tile(told, (len(cells), 1))))
        held_back.append(held_back_rows(len(cells), validation))
    everything = Showers(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    rows = np.concatenate(held_back)
    if rows.all() or not rows.any():
        raise DataError(
            f"{folder}: {len(rows)} showers cannot be split by {validation:g}. Prepare more of them."
        )
    return Split(mesh, everything.take(~rows), everything.take(rows))


def held_back_rows(count: int, fraction: float) -> npt.NDArray[np.bool_]:
    """Mark `fraction` of `count` rows, evenly spaced."""
    steps = np.floor(np.arange(count + 1) * fraction + 1e-9)
    marked: npt.NDArray[np.bool_] = np.diff(steps) > 0
    return marked

# SPDX-License-Identifier: Apache-2.0
"""Which showers are trained on, which choose the epoch and the trial, and which none of them has seen.

The rule: of the n showers of a point, round(n x `validation`) and round(n x `test`), each at least one, are
held back. They lie evenly spaced among the others, as the test showers do among those held back, so that a
drift along a file is in every part. Nothing is drawn by chance: all trials and seeds have the same parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import DataError

TRAINING, VALIDATION, TEST = range(3)


@dataclass(frozen=True)
class Shares:
    """How many showers of one point each part gets."""

    training: int
    validation: int
    test: int

    @property
    def by_part(self) -> tuple[int, int, int]:
        """In the order of the parts."""
        return self.training, self.validation, self.test

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.by_part)


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
    return Shares(count - sum(held), held[0], held[1])


def parts_of(rows: slice, shared: Shares) -> npt.NDArray[np.int8]:
    """Return the part of each of some rows of a point: `TRAINING`, `VALIDATION` or `TEST`."""
    row = np.arange(rows.start, rows.stop, dtype=np.int64)
    held = shared.validation + shared.test
    before, after = row * held // shared.count, (row + 1) * held // shared.count
    is_test = (before + 1) * shared.test // held > before * shared.test // held
    parts = np.where(is_test, TEST, VALIDATION)
    return np.where(after > before, parts, TRAINING).astype(np.int8)

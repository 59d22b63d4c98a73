# SPDX-License-Identifier: Apache-2.0
"""A data set as arrays, and the part of it that is held back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.data.dataset import held_back_rows, load
from training.errors import DataError
from training.geometry import Mesh


def test_every_shower_is_either_trained_on_or_held_back(dataset: Path) -> None:
    """320 showers, a tenth of them held back, none of them in both."""
    split = load(dataset, validation=0.1)
    assert (len(split.training), len(split.validation)) == (288, 32)
    assert split.mesh == Mesh(4, 5, 9)
    rows = np.concatenate([split.training.cells, split.validation.cells])
    assert rows.shape == (320, 180)
    assert len(np.unique(rows, axis=0)) == 320


def test_every_point_gives_the_same_share(dataset: Path) -> None:
    """No energy or angle is judged by more showers than another."""
    _, counts = np.unique(load(dataset, validation=0.1).validation.conditions, axis=0, return_counts=True)
    assert counts.tolist() == [4] * 8


def test_a_limit_counts_for_each_point(dataset: Path) -> None:
    """Eight points of ten showers."""
    split = load(dataset, validation=0.1, limit=10)
    assert len(split.training) + len(split.validation) == 80


@pytest.mark.parametrize(
    ("count", "fraction", "marked"), [(10, 0.1, 1), (40, 0.1, 4), (9, 0.1, 0), (10, 0.3, 3)]
)
def test_the_share_held_back_is_exact(count: int, fraction: float, marked: int) -> None:
    """Rows are marked evenly, not by chance."""
    assert held_back_rows(count, fraction).sum() == marked


def test_too_few_showers_are_refused(dataset: Path) -> None:
    """Five of each point leave none to judge by."""
    with pytest.raises(DataError, match=r"40 showers cannot be split by 0\.1\. Prepare more"):
        load(dataset, validation=0.1, limit=5)

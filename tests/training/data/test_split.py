# SPDX-License-Identifier: Apache-2.0
"""The split into three parts: exact, even, and the same for every trial."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.block import runs
from training.data.declaration import PARTS
from training.data.writing import parts_of, shares
from training.errors import DataError

many = st.integers(1, 400)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(3, (1, 1, 1)), (10, (8, 1, 1)), (14, (12, 1, 1)), (15, (11, 2, 2)), (200, (160, 20, 20))],
)
def test_a_tenth_is_rounded_and_never_nothing(count: int, expected: tuple[int, int, int]) -> None:
    """Training, validation, test."""
    assert shares(count, 0.1, 0.1, of="these") == dict(zip(PARTS, expected, strict=True))


@pytest.mark.parametrize(("count", "fraction"), [(1, 0.1), (2, 0.1), (10, 0.45)])
def test_a_part_that_would_stay_empty_is_refused(count: int, fraction: float) -> None:
    """The message says how many there are and what to do."""
    with pytest.raises(DataError, match=rf"SiW: {count} showers cannot be split .* prepare at least 3"):
        shares(count, fraction, fraction + 0.05, of="SiW")


@given(st.integers(3, 5000), st.floats(0.01, 0.4), st.floats(0.01, 0.4))
def test_shares_are_as_close_as_whole_showers_allow(count: int, validation: float, test: float) -> None:
    """Nothing is lost, and a held back share is at most one shower off."""
    try:
        shared = shares(count, validation, test, of="these")
    except DataError:
        assert count < 10
        return
    assert sum(shared.values()) == count
    assert abs(shared["validation"] - count * validation) <= 1.0
    assert abs(shared["test"] - count * test) <= 1.0


@given(many, many, many)
def test_every_row_has_a_part_and_the_parts_have_their_numbers(training: int, held: int, test: int) -> None:
    """Counted over all rows."""
    shared = dict(zip(PARTS, (training, held, test), strict=True))
    parts = parts_of(range(sum(shared.values())), shared)
    assert {part: rows.sum() for part, rows in parts.items()} == shared
    assert np.all(sum(rows.astype(int) for rows in parts.values()) == 1)


@given(many, many, many, st.integers(1, 50))
def test_blocks_do_not_change_the_parts(training: int, held: int, test: int, size: int) -> None:
    """How many showers are read at once is nobody's business."""
    shared = dict(zip(PARTS, (training, held, test), strict=True))
    count = sum(shared.values())
    pieces = [parts_of(rows, shared) for rows in runs(count, size)]
    for part, whole in parts_of(range(count), shared).items():
        assert np.array_equal(np.concatenate([piece[part] for piece in pieces]), whole)


@given(st.integers(20, 2000))
def test_held_back_showers_lie_evenly_among_the_others(count: int) -> None:
    """A drift along a file is in every part: any half of the rows has half of each, give or take two."""
    shared = shares(count, 0.1, 0.1, of="these")
    for part, rows in parts_of(range(count), shared).items():
        assert abs(rows[: count // 2].sum() - shared[part] / 2) <= 2.0

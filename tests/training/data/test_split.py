# SPDX-License-Identifier: Apache-2.0
"""The split into three parts: exact, even, and the same for every trial."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.writing import TEST, TRAINING, VALIDATION, Shares, parts_of, shares
from training.errors import DataError

many = st.integers(1, 400)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(3, (1, 1, 1)), (10, (8, 1, 1)), (14, (12, 1, 1)), (15, (11, 2, 2)), (200, (160, 20, 20))],
)
def test_a_tenth_is_rounded_and_never_nothing(count: int, expected: tuple[int, int, int]) -> None:
    """Training, validation, test."""
    assert shares(count, 0.1, 0.1, of="these").by_part == expected


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
    assert shared.count == count
    assert abs(shared.validation - count * validation) <= 1.0
    assert abs(shared.test - count * test) <= 1.0


@given(many, many, many)
def test_every_row_has_a_part_and_the_parts_have_their_numbers(training: int, held: int, test: int) -> None:
    """Counted over all rows."""
    shared = Shares(training, held, test)
    counted = np.bincount(parts_of(slice(0, shared.count), shared), minlength=3)
    assert tuple(counted) == shared.by_part


@given(many, many, many, st.integers(1, 50))
def test_blocks_do_not_change_the_parts(training: int, held: int, test: int, size: int) -> None:
    """How many showers are read at once is nobody's business."""
    shared = Shares(training, held, test)
    whole = parts_of(slice(0, shared.count), shared)
    pieces = [
        parts_of(slice(start, min(start + size, shared.count)), shared)
        for start in range(0, shared.count, size)
    ]
    assert np.array_equal(np.concatenate(pieces), whole)


@given(st.integers(20, 2000))
def test_held_back_showers_lie_evenly_among_the_others(count: int) -> None:
    """A drift along a file is in every part: any half of the rows has half of each, give or take two."""
    shared = shares(count, 0.1, 0.1, of="these")
    parts = parts_of(slice(0, count), shared)
    for part, number in ((VALIDATION, shared.validation), (TEST, shared.test), (TRAINING, shared.training)):
        assert abs((parts[: count // 2] == part).sum() - number / 2) <= 2.0

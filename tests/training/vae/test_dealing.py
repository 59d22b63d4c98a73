# SPDX-License-Identifier: Apache-2.0
"""The plan of an epoch: every shower once, never more than fits, every chunk mixed from all points."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.dataset import Run
from training.geometry import Point
from training.vae.feed import RUN_ROWS, dealt

POINTS = [Point("SiW", 90.0, float(energy)) for energy in range(1, 9)]
counts_of_points = (
    st.lists(st.integers(0, 700), min_size=1, max_size=8)
    .map(lambda counts: dict(zip(POINTS, counts, strict=False)))
    .filter(lambda counts: any(counts.values()))
)


def rows_of(chunks: list[list[Run]]) -> Counter[tuple[Point, int]]:
    """How often each row of each point comes."""
    return Counter((point, row) for chunk in chunks for point, rows in chunk for row in rows)


@given(counts_of_points, st.integers(1, 900), st.integers(0, 2**32))
@settings(deadline=None)
def test_every_shower_comes_once_and_no_chunk_is_too_large(
    counts: dict[Point, int], at_once: int, seed: int
) -> None:
    """Whatever the numbers."""
    chunks = dealt(counts, at_once, np.random.default_rng(seed))
    assert rows_of(chunks) == Counter((point, row) for point, count in counts.items() for row in range(count))
    assert all(0 < rows_of([chunk]).total() <= at_once for chunk in chunks)


@given(st.integers(1, 8), st.integers(100, 700), st.integers(2, 6), st.integers(0, 2**32))
@settings(deadline=None)
def test_every_chunk_has_its_share_of_every_point(points: int, count: int, parts: int, seed: int) -> None:
    """A chunk of one energy alone would pull the model there and back."""
    counts = dict.fromkeys(POINTS[:points], count)
    chunks = dealt(counts, -(-points * count // parts), np.random.default_rng(seed))
    for chunk in chunks:
        assert {point for point, _ in chunk} == set(counts)


def test_rows_are_read_in_runs() -> None:
    """Ten thousand showers are some 157 reads, not ten thousand."""
    chunks = dealt({POINTS[0]: 10_000}, 2_000, np.random.default_rng(0))
    assert sum(map(len, chunks)) <= 10_000 // RUN_ROWS + 1


def test_what_fits_is_one_chunk() -> None:
    """Neither the last shower nor the first is left for another."""
    counts = dict.fromkeys(POINTS, 100)
    assert len(dealt(counts, 800, np.random.default_rng(0))) == 1
    assert len(dealt(counts, 799, np.random.default_rng(0))) > 1


def test_an_order_is_drawn_anew_and_can_be_drawn_again() -> None:
    """Another epoch deals otherwise; the same seed deals the same."""
    counts = dict.fromkeys(POINTS, 500)
    first, again, other = (dealt(counts, 1000, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other

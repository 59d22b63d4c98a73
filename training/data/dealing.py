# SPDX-License-Identifier: Apache-2.0
"""Plans an epoch over more showers than memory holds: which rows of which point go into which chunk.

Compressed files are read in runs of neighbouring rows, never row by row. The runs of every point are dealt to
the chunks like cards, so that each chunk has its share of every point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.point import Point

RUN_ROWS = 64


@dataclass(frozen=True)
class Run:
    """Neighbouring rows of one point."""

    point: Point
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def dealt(
    counts: Mapping[Point, int], at_once: int, random: np.random.Generator | None
) -> tuple[tuple[Run, ...], ...]:
    """Deal all rows of all points to as few chunks as hold them.

    Args:
        counts: How many showers each point has.
        at_once: How many showers one chunk may have; at least 1.
        random: Draws the order; None keeps it.

    Returns:
        For each chunk the runs to read.
    """
    total = sum(counts.values())
    if random is None:
        return _in_order(counts, at_once)
    chunks = max(1, -(-total // at_once))
    while True:
        hands = _hands(counts, at_once, chunks, random)
        if max(sum(map(len, hand)) for hand in hands) <= at_once:
            return tuple(hand for hand in hands if hand)
        chunks += 1


def _hands(
    counts: Mapping[Point, int], at_once: int, chunks: int, random: np.random.Generator
) -> tuple[tuple[Run, ...], ...]:
    """Deal the runs of each point in random order, going on where the point before ended."""
    hands: list[list[Run]] = [[] for _ in range(chunks)]
    turn = 0
    for point, count in counts.items():
        rows = max(1, min(RUN_ROWS, at_once, count // chunks))
        runs = [Run(point, start, min(start + rows, count)) for start in range(0, count, rows)]
        for index in random.permutation(len(runs)):
            hands[turn % chunks].append(runs[index])
            turn += 1
    return tuple(tuple(hand) for hand in hands)


def _in_order(counts: Mapping[Point, int], at_once: int) -> tuple[tuple[Run, ...], ...]:
    chunks: list[list[Run]] = [[]]
    free = at_once
    for point, count in counts.items():
        start = 0
        while start < count:
            rows = min(RUN_ROWS, count - start, free)
            chunks[-1].append(Run(point, start, start + rows))
            start, free = start + rows, free - rows
            if free == 0:
                chunks.append([])
                free = at_once
    return tuple(tuple(chunk) for chunk in chunks if chunk)

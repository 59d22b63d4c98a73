# SPDX-License-Identifier: Apache-2.0
"""Brings showers into memory, chunk by chunk, never more than was granted.

A set that fits as a whole is read once and stays. Of a larger one, the next chunk is read while the current
one is trained on, so that two chunks are in memory at a time. Whatever the set, the process holds these two
and some 1.8 GB for 18 x 50 x 45 cells: model, optimizer, validation set and XLA. Measured on 19,200 showers
of that mesh, 3.1 GB: 3.9 GB with ``--memory 1GiB`` in three chunks, 4.6 GB with ``2GiB`` in two.

Compressed files are read in runs of neighbouring rows, never row by row. The runs of every point are dealt to
the chunks like cards, so that each chunk has its share of every point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from training.data.block import runs
from training.data.dataset import Part, Run, Showers, read, scaled
from training.errors import OptionError
from training.geometry import Mesh, Point
from training.scaling import CONDITIONS

T = TypeVar("T")

RUN_ROWS = 64
BYTES_PER_NUMBER = 4


@dataclass(frozen=True)
class Sources:
    """What a training reads, and how much of it at a time."""

    training: Part
    validation: Part
    memory: int = 2**30
    """Bytes of one chunk."""
    limit: int | None = None
    """The first so many showers of each point; None takes all."""

    @property
    def counts(self) -> dict[Point, int]:
        """How many showers of each point an epoch has."""
        return {point: min(count, self.limit or count) for point, count in self.training.counts.items()}

    @property
    def showers(self) -> int:
        """How many an epoch has."""
        return sum(self.counts.values())

    @property
    def at_once(self) -> int:
        """How many fit into a chunk."""
        return self.memory // shower_bytes(self.training.mesh)


def shower_bytes(mesh: Mesh) -> int:
    """How much memory one scaled shower takes with its conditions."""
    return BYTES_PER_NUMBER * (mesh.cells + CONDITIONS)


def check_fits(sources: Sources, batch_size: int) -> None:
    """Refuse what cannot be trained with, before any shower is read.

    Raises:
        OptionError: The batch is larger than the set, or than a chunk.
    """
    if sources.showers < batch_size:
        raise OptionError(
            f"batch_size {batch_size} is above the {sources.showers} showers to train on. Take fewer."
        )
    if sources.at_once < batch_size:
        mesh = sources.training.mesh
        raise OptionError(
            f"memory {sources.memory} bytes holds {sources.at_once} showers of {mesh}, and batch_size is "
            f"{batch_size}. Give at least {batch_size * shower_bytes(mesh)} bytes."
        )


def feed(sources: Sources, seed: int) -> Callable[[int, int], Iterator[Showers]]:
    """Return what gives an epoch's chunks, by its number and how many of its chunks are done already.

    Every shower comes once, each chunk mixed from all points. A set that fits is one chunk, as it lies;
    `seed` mixes a larger one.

    Raises:
        DataError: A file does not hold what was declared.
    """
    if sources.showers <= sources.at_once:
        in_order = [(point, rows) for point, n in sources.counts.items() for rows in runs(n, RUN_ROWS)]
        everything = _filled(sources.training, in_order, np.arange(sources.showers))
        return lambda epoch, done: iter([everything][done:])
    return lambda epoch, done: ahead(chunks(sources, np.random.default_rng([seed, epoch]), done))


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Give the items in order, and fetch the next one in a thread while the current one is in use."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = reader.submit(next, items, None)
            yield item
            del item  # or it would stay in memory while its successor is waited for


def chunks(sources: Sources, random: np.random.Generator, done: int) -> Iterator[Showers]:
    """Give every shower once, mixed, in chunks of which each has its share of every point.

    Files are read in runs of rows, and rows are mixed within a chunk; a chunk is filled in place, so that
    memory holds one chunk and one run.

    Args:
        sources: Where from, and how large a chunk may be.
        random: Draws the order.
        done: Leave out the first so many chunks, unread; the others are what they would be.

    Raises:
        DataError: A file does not hold what was declared.
    """
    for number, chunk in enumerate(dealt(sources.counts, sources.at_once, random)):
        order = random.permutation(_rows_in(chunk))
        if number >= done:
            yield _filled(sources.training, chunk, order)


def dealt(counts: Mapping[Point, int], at_once: int, random: np.random.Generator) -> list[list[Run]]:
    """Deal all rows of all points to as few chunks as hold them.

    Args:
        counts: How many showers each point has; not all have none.
        at_once: How many showers one chunk may have; at least 1.
        random: Draws the order.

    Returns:
        For each chunk the runs to read.
    """
    needed = -(-sum(counts.values()) // at_once)
    while True:
        hands = _hands(counts, at_once, needed, random)
        if max(map(_rows_in, hands)) <= at_once:
            return [hand for hand in hands if hand]
        needed += 1


def _hands(
    counts: Mapping[Point, int], at_once: int, needed: int, random: np.random.Generator
) -> list[list[Run]]:
    """Deal the runs of each point in random order, going on where the point before ended."""
    hands: list[list[Run]] = [[] for _ in range(needed)]
    turn = cycle(hands)
    for point, count in counts.items():
        of_point = list(runs(count, max(1, min(RUN_ROWS, at_once, count // needed))))
        for index in random.permutation(len(of_point)):
            next(turn).append((point, of_point[index]))
    return hands


def _rows_in(chunk: Sequence[Run]) -> int:
    return sum(len(rows) for _, rows in chunk)


def _filled(part: Part, chunk: Sequence[Run], order: npt.NDArray[np.int64]) -> Showers:
    """Read a chunk; `order` says where in it each row goes."""
    cells, told = (np.empty((len(order), width), dtype=np.float32) for width in (part.mesh.cells, CONDITIONS))
    for showers in map(scaled, read(part, chunk)):
        rows, order = np.split(order, [len(showers)])
        cells[rows], told[rows] = showers.cells, showers.conditions
    return Showers(cells, told)

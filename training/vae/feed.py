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

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

import h5py
import numpy as np
import numpy.typing as npt

from training.data import files
from training.data.dataset import Part, Run, Showers, path_of, read_run, scaled
from training.data.files import Place
from training.errors import OptionError
from training.geometry import Mesh, Point
from training.scaling import CONDITIONS

T = TypeVar("T")

RUN_ROWS = 64
BYTES_PER_NUMBER = 4

Feed = Callable[[int, int], Iterator[Showers]]
"""Gives the chunks of an epoch: every shower once, each chunk mixed from all points.

Its arguments are the epoch's number and how many of its chunks are done already.
"""


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
    def showers(self) -> int:
        """How many an epoch has."""
        counts = self.training.counts.values()
        return sum(count if self.limit is None else min(count, self.limit) for count in counts)


def feed(sources: Sources, seed: int) -> Feed:
    """Return what gives each epoch's chunks; `seed` mixes a set that does not fit as a whole."""
    part, memory, limit = sources.training, sources.memory, sources.limit
    if sources.showers * shower_bytes(part.mesh) <= memory:
        everything = tuple(chunks(part, at_most_bytes=memory, random=None, limit=limit))
        return lambda epoch, done: iter(everything[done:])

    def mixed(epoch: int, done: int) -> Iterator[Showers]:
        random = np.random.default_rng([seed, epoch])
        return ahead(chunks(part, at_most_bytes=memory, random=random, limit=limit, skip=done))

    return mixed


def check_fits(sources: Sources, batch_size: int) -> None:
    """Refuse what cannot be trained with, before any shower is read.

    Raises:
        OptionError: The batch is larger than the set, or than a chunk.
    """
    mesh, memory = sources.training.mesh, sources.memory
    if sources.showers < batch_size:
        raise OptionError(
            f"batch_size {batch_size} is above the {sources.showers} showers to train on. Take fewer."
        )
    if (held := memory // shower_bytes(mesh)) < batch_size:
        raise OptionError(
            f"memory {memory} bytes holds {held} showers of {mesh}, and batch_size is {batch_size}. Give at "
            f"least {batch_size * shower_bytes(mesh)} bytes."
        )


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Give the items in order, and fetch the next one in a thread while the current one is in use."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = reader.submit(next, items, None)
            yield item
            del item  # or it would stay in memory while its successor is waited for


def shower_bytes(mesh: Mesh) -> int:
    """How much memory one scaled shower takes with its conditions."""
    return BYTES_PER_NUMBER * (mesh.cells + CONDITIONS)


def chunks(
    part: Part,
    *,
    at_most_bytes: int,
    random: np.random.Generator | None,
    limit: int | None = None,
    skip: int = 0,
) -> Iterator[Showers]:
    """Give every shower once, in chunks of which each has its share of every point.

    Files are read in runs of rows, and rows are mixed within a chunk; a chunk is filled in place, so that
    memory holds one chunk and one run. Where all fits into `at_most_bytes` there is one chunk.

    Args:
        part: Where from.
        at_most_bytes: What one chunk may take.
        random: Draws the order; None keeps that of the points and files.
        limit: The first so many showers of each point; None gives all.
        skip: Leave out the first so many chunks, unread; the others are what they would be.

    Raises:
        OptionError: Not one shower fits into a chunk.
        DataError: A file does not hold what was declared.
    """
    one = shower_bytes(part.mesh)
    at_once = at_most_bytes // one
    if at_once < 1:
        raise OptionError(f"at_most_bytes {at_most_bytes} is below the {one} of one shower. Allow more.")
    counts = {point: count if limit is None else min(count, limit) for point, count in part.counts.items()}
    with ExitStack() as opened:
        handles: dict[Place, h5py.File] = {}
        for number, chunk in enumerate(dealt(counts, at_once, random)):
            order = _order(chunk, random)
            if number >= skip:
                yield _filled(part, chunk, order, handles, opened)


def _order(chunk: tuple[Run, ...], random: np.random.Generator | None) -> npt.NDArray[np.int64]:
    """Where in its chunk each row goes."""
    count = sum(map(len, chunk))
    return np.arange(count) if random is None else random.permutation(count)


def _filled(
    part: Part,
    chunk: tuple[Run, ...],
    order: npt.NDArray[np.int64],
    handles: dict[Place, h5py.File],
    opened: ExitStack,
) -> Showers:
    cells, told = (np.empty((len(order), width), dtype=np.float32) for width in (part.mesh.cells, CONDITIONS))
    filled = Showers(cells, told)
    at = 0
    for run in chunk:
        path = path_of(part, run.point)
        if path not in handles:
            handles[path] = opened.enter_context(files.hdf5(path))
        showers = scaled(read_run(handles[path], part, run))
        rows = order[at : at + len(run)]
        filled.cells[rows], filled.conditions[rows] = showers.cells, showers.conditions
        at += len(run)
    return filled


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

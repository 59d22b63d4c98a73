# SPDX-License-Identifier: Apache-2.0
"""Brings showers into memory, chunk by chunk, never more than was granted.

A set that fits as a whole is read once and stays. Of a larger one, the next chunk is read while the current
one is trained on, so that two chunks are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from training.data.dataset import Part, Showers, chunks, shower_bytes
from training.errors import OptionError

T = TypeVar("T")

Feed = Callable[[int], Iterator[Showers]]
"""Gives the chunks of the epoch of this number: every shower once, each chunk mixed from all points."""


def feed(part: Part, *, memory: int, limit: int | None, seed: int) -> Feed:
    """Return what gives each epoch's chunks.

    Args:
        part: Showers to learn from.
        memory: Bytes of one chunk.
        limit: The first so many showers of each point; None takes all.
        seed: Of the order in which a set that does not fit is mixed.
    """
    if showers_in(part, limit) * shower_bytes(part.mesh) <= memory:
        everything = tuple(chunks(part, at_most_bytes=memory, random=None, limit=limit))
        return lambda epoch: iter(everything)

    def mixed(epoch: int) -> Iterator[Showers]:
        random = np.random.default_rng([seed, epoch])
        return ahead(chunks(part, at_most_bytes=memory, random=random, limit=limit))

    return mixed


def check_fits(part: Part, *, batch_size: int, memory: int, limit: int | None) -> None:
    """Refuse settings that this set cannot be trained with, before any shower is read.

    Raises:
        OptionError: The batch is larger than the set, or than a chunk.
    """
    count, size = showers_in(part, limit), shower_bytes(part.mesh)
    if count < batch_size:
        raise OptionError(f"batch_size {batch_size} is above the {count} showers to train on. Take fewer.")
    if memory < batch_size * size:
        raise OptionError(
            f"memory {memory} bytes holds {memory // size} showers of {part.mesh}, and batch_size is "
            f"{batch_size}. Give at least {batch_size * size} bytes."
        )


def showers_in(part: Part, limit: int | None) -> int:
    """How many showers an epoch has."""
    return sum(count if limit is None else min(count, limit) for count in part.counts.values())


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Give the items in order, and fetch the next one in a thread while the current one is in use."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = reader.submit(next, items, None)
            yield item
            del item  # or it would stay in memory while its successor is waited for

# SPDX-License-Identifier: Apache-2.0
"""Showers come in chunks that fit the memory granted, and a set that fits is read once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from training.data import dataset
from training.data.block import Block
from training.data.dataset import Part, Run, Showers
from training.errors import DataError, OptionError
from training.vae.feed import Sources, ahead, check_fits, feed, shower_bytes


def rows(showers: list[Showers]) -> list[bytes]:
    """Each shower as bytes, sorted: no two are equal."""
    return sorted(row.tobytes() for chunk in showers for row in chunk.cells)


def test_a_set_that_fits_is_read_once(sources: Sources, training: Part) -> None:
    """Every epoch gets the same arrays."""
    give = feed(sources, 0)
    (first,), (second,) = list(give(1, 0)), list(give(2, 0))
    assert first is second
    assert len(first) == sum(training.counts.values())


@pytest.mark.parametrize("share", [2, 3, 8])
def test_a_larger_set_comes_in_chunks(sources: Sources, training: Part, share: int) -> None:
    """None above the memory granted; every shower once in every epoch, in another order."""
    memory = sum(training.counts.values()) * shower_bytes(training.mesh) // share
    give = feed(replace(sources, memory=memory), 0)
    everything = rows(list(feed(sources, 0)(1, 0)))
    first, second = list(give(1, 0)), list(give(2, 0))
    assert len(first) >= share
    assert all(chunk.cells.nbytes + chunk.conditions.nbytes <= memory for chunk in first)
    assert rows(first) == rows(second) == everything
    assert not np.array_equal(first[0].cells, second[0].cells)


def test_every_chunk_mixes_points(sources: Sources, training: Part) -> None:
    """Learning from one point at a time would forget the others."""
    give = feed(replace(sources, memory=64 * shower_bytes(training.mesh)), 0)
    for chunk in give(1, 0):
        assert len(np.unique(chunk.conditions, axis=0)) == len(training.counts)


def test_the_order_is_that_of_the_seed_and_the_epoch(sources: Sources, training: Part) -> None:
    """An epoch can be repeated without those before it."""
    small = replace(sources, memory=64 * shower_bytes(training.mesh))
    one, same = (list(feed(small, 3)(5, 0)) for _ in range(2))
    (other, *_) = feed(small, 4)(5, 0)
    assert all(np.array_equal(a.cells, b.cells) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0].cells[:8], other.cells[:8])


def test_chunks_that_are_done_are_not_read_again(
    sources: Sources, training: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that was interrupted late in an epoch goes on at once, with the chunks that were to come."""
    give = feed(replace(sources, memory=64 * shower_bytes(training.mesh)), 0)
    every = list(give(1, 0))
    read = 0

    def counted(part: Part, runs: Sequence[Run]) -> Iterator[Block]:
        nonlocal read
        read += sum(len(rows) for _, rows in runs)
        return dataset.read(part, runs)

    monkeypatch.setattr("training.vae.feed.read", counted)
    rest = list(give(1, len(every) - 2))
    assert [chunk.cells.tobytes() for chunk in rest] == [chunk.cells.tobytes() for chunk in every[-2:]]
    assert read == sum(map(len, rest))
    assert list(feed(sources, 0)(1, 1)) == []


def test_the_first_showers_of_each_point_can_be_taken(sources: Sources, training: Part) -> None:
    """For a quick look at a large set."""
    few = replace(sources, limit=5)
    (chunk,) = feed(few, 0)(1, 0)
    assert len(chunk) == few.showers == 5 * len(training.counts)


def test_the_next_item_is_fetched_while_the_current_one_is_in_use() -> None:
    """One ahead, not more: that is what bounds the memory."""
    fetched = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for number, event in enumerate(fetched):
            event.set()
            yield number

    coming = ahead(items())
    assert next(coming) == 0
    assert fetched[1].wait(timeout=10)
    assert not fetched[2].wait(timeout=0.2)
    assert list(coming) == [1, 2, 3]


def test_what_fails_while_reading_ahead_is_raised_where_it_is_needed() -> None:
    """Behind the chunks that were still good."""

    def items() -> Iterator[int]:
        yield 0
        raise DataError("second chunk")

    coming = ahead(items())
    assert next(coming) == 0
    with pytest.raises(DataError, match="second chunk"):
        next(coming)


@pytest.mark.parametrize(
    ("batch_size", "memory", "limit", "message"),
    [
        (257, 2**30, None, "batch_size 257 is above the 256 showers to train on. Take fewer"),
        (41, 2**30, 5, "batch_size 41 is above the 40 showers to train on. Take fewer"),
        (
            32,
            1000,
            None,
            "memory 1000 bytes holds 1 showers of 4x5x9, and batch_size is 32. Give at least 23552",
        ),
    ],
    ids=["set", "limited set", "chunk"],
)
def test_a_batch_that_cannot_be_filled_is_refused(
    sources: Sources, batch_size: int, memory: int, limit: int | None, message: str
) -> None:
    """There would be no step in an epoch."""
    with pytest.raises(OptionError, match=message):
        check_fits(replace(sources, memory=memory, limit=limit), batch_size)

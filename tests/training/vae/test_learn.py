# SPDX-License-Identifier: Apache-2.0
"""Steps on a chunk: mixed batches, one program, and the same result however the chunk is cut."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

from training.data.dataset import Part, Showers
from training.vae.feed import Sources, feed
from training.vae.fit import _batches, _steps, learn, optimizer, steps_at_once, untrained
from training.vae.settings import Settings
from training.vae.state import Progress

SETTINGS = Settings(lr=3e-3, batch_size=32, hidden=(16, 8), latent_dim=3)


@pytest.fixture(scope="module")
def chunk(sources: Sources) -> Showers:
    """All showers, in the order of their points."""
    (everything,) = feed(sources, 0)(1, 0)
    return everything


def start(training: Part, settings: Settings = SETTINGS) -> Progress:
    """Where a training stands at first."""
    return untrained(training.mesh, settings)


def test_every_batch_mixes_points(chunk: Showers) -> None:
    """Although the chunk has them one after the other; and each shower is used once."""
    ((batches, steps),) = _batches(chunk, SETTINGS, 8, np.random.default_rng(0))
    cells, told, noise = batches
    assert (steps, noise.shape) == (8, (8, 32, 3))
    assert all(len(np.unique(batch, axis=0)) >= 6 for batch in told)
    assert len(np.unique(cells.reshape(256, -1), axis=0)) == 256


def test_a_chunk_is_cut_into_pieces_of_equal_shape(chunk: Showers) -> None:
    """The last piece is filled up, and says how many steps it really has."""
    pieces = list(_batches(chunk, SETTINGS, 3, np.random.default_rng(0)))
    assert [steps for _, steps in pieces] == [3, 3, 2]
    assert {batches[0].shape for batches, _ in pieces} == {(3, 32, 180)}


def test_the_cut_does_not_change_the_result(training: Part, chunk: Showers) -> None:
    """Weights, statistics and loss, from one piece or several; noise is drawn in the same order."""
    whole, cut = (learn(start(training), chunk, SETTINGS, at_once=at_once) for at_once in (8, 4))
    assert whole.loss == pytest.approx(cut.loss, rel=1e-5)
    assert (whole.steps, whole.chunks) == (cut.steps, cut.chunks) == (8, 1)
    for one, other in zip(jax.tree.leaves(whole.model), jax.tree.leaves(cut.model), strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    "change",
    [{"lr": 1e-2}, {"kl_weight": 1.0}, {"optimizer": "rmsprop"}, {"seed": 1}, {"batch_size": 16}],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_is_used(training: Part, chunk: Showers, change: dict[str, object]) -> None:
    """Another value leads to other weights."""
    settings = replace(SETTINGS, **change)  # type: ignore[arg-type]
    one, other = (learn(start(training, s), chunk, s, at_once=8) for s in (SETTINGS, settings))
    assert not np.array_equal(one.model.output.kernel, other.model.output.kernel)


def test_trainings_that_differ_in_what_is_tuned_continuously_share_one_program(
    training: Part, chunk: Showers
) -> None:
    """Compiling takes longer than training does; nor does it depend on a chunk's size."""
    learn(start(training), chunk, SETTINGS, at_once=8)
    compiled = _steps._cache_size()  # type: ignore[attr-defined]  # JAX offers no public count
    other = replace(SETTINGS, lr=2e-3, kl_weight=0.1, seed=5)
    smaller = Showers(chunk.cells[::2], chunk.conditions[::2])
    learn(learn(start(training, other), smaller, other, at_once=8), chunk, other, at_once=8)
    assert _steps._cache_size() == compiled  # type: ignore[attr-defined]


def test_the_rate_is_the_states_own(training: Part) -> None:
    """A number in the state, whatever the optimizer."""
    for name in ("adam", "rmsprop"):
        state = optimizer(name, 0.25).init(start(training).model)
        assert float(state.hyperparams["learning_rate"]) == 0.25


def test_a_chunk_smaller_than_a_batch_takes_no_step(training: Part, chunk: Showers) -> None:
    """Its showers come again in another epoch, among others."""
    before = start(training)
    few = Showers(chunk.cells[:31], chunk.conditions[:31])
    assert learn(before, few, SETTINGS, at_once=8) == replace(before, chunks=1)


@pytest.mark.parametrize(
    ("showers", "size", "steps"),
    [(1000, 1000, 31), (10**6, 162_016, 25), (10**6, 2**28, 1)],
    ids=["small set", "full mesh", "huge showers"],
)
def test_the_device_gets_a_bounded_piece_at_a_time(showers: int, size: int, steps: int) -> None:
    """All of a small set; of a large one what fits into 128 MiB."""
    assert steps_at_once(showers, size, 32) == steps

# SPDX-License-Identifier: Apache-2.0
"""The training loop: the best epoch, repeatable, and honest when it diverges."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from training.data.dataset import Split, load
from training.errors import Diverged, OptionError
from training.vae.fit import Epoch, Fitted, Settings, _epoch, fit
from training.vae.model import loss


@pytest.fixture(scope="module")
def split(dataset: Path) -> Split:
    """The small data set as arrays."""
    return load(dataset, validation=0.1)


SHAKY = Settings(lr=0.3, batch_size=32, epochs=12)
"""A learning rate so high that the validation loss goes up and down."""


@pytest.fixture(scope="module")
def fitted(split: Split) -> tuple[Fitted, list[Epoch]]:
    """A training that ends with an epoch that is not its best, and all that it reported."""
    epochs: list[Epoch] = []
    fit(split, SHAKY, epochs.append)
    worse = next(later for sooner, later in pairwise(epochs) if later.val_loss > sooner.val_loss)
    epochs.clear()
    return fit(split, replace(SHAKY, epochs=worse.number), epochs.append), epochs


def test_every_epoch_is_reported_in_order(fitted: tuple[Fitted, list[Epoch]]) -> None:
    """Nothing is printed for an epoch that did not happen."""
    assert [epoch.number for epoch in fitted[1]] == list(range(1, len(fitted[1]) + 1))


def test_the_best_epoch_is_the_one_katib_compares(fitted: tuple[Fitted, list[Epoch]]) -> None:
    """The lowest validation loss as printed, the earliest of equals, and not simply the last."""
    best, epochs = fitted[0].best, fitted[1]
    assert best == min(epochs, key=lambda epoch: (epoch.val_loss, epoch.number))
    assert best != epochs[-1]


def test_the_weights_are_those_of_the_best_epoch(split: Split, fitted: tuple[Fitted, list[Epoch]]) -> None:
    """Judged once more, they give the loss that was printed for it."""
    held_back = split.validation
    noise = np.random.default_rng(0).standard_normal((len(held_back), 10), dtype=np.float32)
    arrays = [jnp.asarray(part) for part in (held_back.cells, held_back.conditions, noise)]
    again, _ = loss(fitted[0].model, *arrays, batch=False)
    assert float(again) == pytest.approx(fitted[0].best.val_loss, rel=1e-4)


def test_another_seed_is_another_training(split: Split, fitted: tuple[Fitted, list[Epoch]]) -> None:
    """The seed reaches weights, order and noise."""
    other = fit(split, replace(SHAKY, epochs=1, seed=1), lambda epoch: None)
    assert other.best.loss != fitted[1][0].loss


def test_training_lowers_the_loss(split: Split) -> None:
    """Even from the mean shower, a few epochs bring it down."""
    epochs: list[Epoch] = []
    fit(split, Settings(lr=3e-3, batch_size=32, epochs=8), epochs.append)
    assert epochs[-1].val_loss < epochs[0].val_loss


def test_a_loss_that_is_no_number_ends_the_training(split: Split) -> None:
    """It is never handed on to be printed."""
    epochs: list[Epoch] = []
    with pytest.raises(Diverged, match=r"the loss is not finite\. Lower --lr \(it is 1e\+30\)"):
        fit(split, Settings(lr=1e30, batch_size=32, epochs=8), epochs.append)
    assert all(np.isfinite([epoch.loss, epoch.val_loss]).all() for epoch in epochs)


def test_a_batch_larger_than_the_set_is_refused(split: Split) -> None:
    """There would be no step in an epoch."""
    with pytest.raises(OptionError, match="batch_size 289 is above the 288 showers to train on"):
        fit(split, Settings(batch_size=289), lambda epoch: None)


def test_trainings_that_differ_in_the_learning_rate_share_one_program(split: Split) -> None:
    """Compiling takes longer than training does: it must not depend on what is tuned continuously."""
    for lr in (1e-3, 2e-3):
        fit(split, Settings(lr=lr, batch_size=32, epochs=1), lambda epoch: None)
    compiled = _epoch._cache_size()  # type: ignore[attr-defined]  # JAX offers no public count
    fit(split, Settings(lr=3e-3, batch_size=32, epochs=1), lambda epoch: None)
    assert _epoch._cache_size() == compiled  # type: ignore[attr-defined]


def test_the_learning_rate_is_used_all_the_same(split: Split) -> None:
    """Two rates give two losses."""
    first, second = (
        fit(split, Settings(lr=lr, batch_size=32, epochs=1), lambda epoch: None).best for lr in (1e-3, 1e-2)
    )
    assert first.loss != second.loss

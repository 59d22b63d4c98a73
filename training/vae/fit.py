# SPDX-License-Identifier: Apache-2.0
"""The training itself: epochs of Adam, and the weights of the best epoch kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from training.data.dataset import Showers, Split
from training.errors import Diverged, OptionError
from training.vae.model import VAE, Architecture, Statistics, loss, starting_at, with_statistics

DECIMALS = 6
"""Losses are compared as they are printed, so that ours and Katib's best epoch are the same one."""
MOMENTUM = 0.9
"""Weight of older batches in the statistics that normalise after training."""
VALIDATION_BATCH = 256


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of one training; the defaults are those published with Par04."""

    lr: float = 1e-3
    batch_size: int = 128
    epochs: int = 1000
    latent_dim: int = 10
    seed: int = 0


@dataclass(frozen=True)
class Epoch:
    """Losses after one epoch, as they are printed."""

    number: int
    loss: float
    val_loss: float


@dataclass(frozen=True)
class Fitted:
    """The model of the epoch with the lowest validation loss."""

    model: VAE
    architecture: Architecture
    best: Epoch


def fit(split: Split, settings: Settings, on_epoch: Callable[[Epoch], None]) -> Fitted:
    """Train a model and keep the best epoch's weights.

    Args:
        split: Showers to learn from and to judge by.
        settings: Hyperparameters.
        on_epoch: Called after every epoch.

    Raises:
        OptionError: The batch is larger than the set.
        Diverged: A loss is no longer a finite number.
    """
    random = np.random.default_rng(settings.seed)
    architecture = Architecture(split.mesh.shape, settings.latent_dim)
    model = starting_at(VAE(architecture, settings.seed), split.training.cells.mean(axis=0))
    state = _adam(settings.lr).init(model)
    cells, told = jnp.asarray(split.training.cells), jnp.asarray(split.training.conditions)
    judge = _judge(split.validation, settings.latent_dim)
    best: Fitted | None = None
    for number in range(1, settings.epochs + 1):
        rows = _shuffled(len(split.training), settings.batch_size, random)
        noise = random.standard_normal((*rows.shape, settings.latent_dim), dtype=np.float32)
        model, state, mean_loss, seen = _epoch(model, state, cells, told, rows, noise)
        model = with_statistics(model, seen)
        epoch = Epoch(number, _printed(float(mean_loss)), _printed(judge(model)))
        _check_finite(epoch, settings)
        on_epoch(epoch)
        if best is None or epoch.val_loss < best.best.val_loss:
            best = Fitted(model, architecture, epoch)
    if best is None:
        raise OptionError(f"epochs {settings.epochs} leaves nothing to train. Take at least 1.")
    return best


def _shuffled(count: int, batch_size: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Rows of one epoch's batches; the rest that fills no batch waits for another epoch."""
    steps = count // batch_size
    if steps == 0:
        raise OptionError(f"batch_size {batch_size} is above the {count} showers to train on. Take fewer.")
    return random.permutation(count)[: steps * batch_size].reshape(steps, batch_size)


def _adam(lr: float) -> optax.GradientTransformation:
    """Adam with its learning rate in the state: trainings that differ in it alone share one program."""
    return optax.inject_hyperparams(optax.adam)(learning_rate=lr)


@jax.jit
def _epoch(
    model: VAE,
    state: optax.OptState,
    cells: jax.Array,
    told: jax.Array,
    rows: jax.Array,
    noise: jax.Array,
) -> tuple[VAE, optax.OptState, jax.Array, list[Statistics]]:
    """Run all steps of an epoch in one compiled loop."""

    def step(
        carry: tuple[VAE, optax.OptState], batch: tuple[jax.Array, jax.Array]
    ) -> tuple[tuple[VAE, optax.OptState], tuple[jax.Array, list[Statistics]]]:
        model, state = carry
        chosen, drawn = batch
        (value, seen), gradient = jax.value_and_grad(loss, has_aux=True)(
            model, cells[chosen], told[chosen], drawn, batch=True
        )
        updates, state = _adam(0.0).update(gradient, state)  # the rate is the state's own
        return (eqx.apply_updates(model, updates), state), (value, seen)

    (model, state), (losses, seen) = jax.lax.scan(step, (model, state), (rows, noise))
    age = jnp.arange(len(rows))[::-1]
    weights = MOMENTUM**age / jnp.sum(MOMENTUM**age)
    return model, state, losses.mean(), jax.tree.map(lambda s: jnp.tensordot(weights, s, axes=1), seen)


def _judge(held_back: Showers, latent_dim: int) -> Callable[[VAE], float]:
    """Return what gives a model's validation loss, with the same noise for every epoch and trial.

    The last batch is filled up with the first showers, the same ones for every trial.
    """
    count = len(held_back)
    size = min(VALIDATION_BATCH, count)
    padded = np.resize(np.arange(count), math.ceil(count / size) * size).reshape(-1, size)
    noise = np.random.default_rng(0).standard_normal((*padded.shape, latent_dim), dtype=np.float32)
    cells, told = jnp.asarray(held_back.cells), jnp.asarray(held_back.conditions)
    return lambda model: float(_mean_loss(model, cells, told, padded, noise))


@jax.jit
def _mean_loss(model: VAE, cells: jax.Array, told: jax.Array, rows: jax.Array, noise: jax.Array) -> jax.Array:
    def one(batch: tuple[jax.Array, jax.Array]) -> jax.Array:
        return loss(model, cells[batch[0]], told[batch[0]], batch[1], batch=False)[0]

    return jnp.mean(jax.lax.map(one, (rows, noise)))


def _printed(value: float) -> float:
    return round(value, DECIMALS)


def _check_finite(epoch: Epoch, settings: Settings) -> None:
    if not (math.isfinite(epoch.loss) and math.isfinite(epoch.val_loss)):
        raise Diverged(f"epoch {epoch.number}: the loss is not finite. Lower --lr (it is {settings.lr:g}).")

# SPDX-License-Identifier: Apache-2.0
"""The steps on one chunk of showers, in one compiled loop.

Learning rate and weight of the divergence are arguments of the program: trials that differ in them alone
share what was compiled. So is the number of steps, since chunks differ in size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from training.data.dataset import Showers
from training.scaling import Floats
from training.vae.loss import losses
from training.vae.model import VAE, Statistics, statistics, with_statistics
from training.vae.progress import Progress
from training.vae.settings import Settings

MOMENTUM = 0.9
"""Weight of older batches in the statistics that normalise after training."""
BYTES_AT_ONCE = 2**27
"""What is handed to the device in one go, whatever the size of a chunk."""

Batches = tuple[Floats, Floats, Floats]
"""Cells, conditions and noise, each of shape (steps, batch_size, ...)."""
Carry = tuple[VAE, optax.OptState, list[Statistics], jax.Array]


def optimizer(name: str, lr: float) -> optax.GradientTransformation:
    """An optimizer with its learning rate in its state."""
    return optax.inject_hyperparams(getattr(optax, name))(learning_rate=jnp.float32(lr))


def learn(progress: Progress, chunk: Showers, settings: Settings, *, at_once: int) -> Progress:
    """Take the steps of one chunk; its rest that fills no batch waits for another epoch.

    Args:
        progress: Where the training stands.
        chunk: Showers of one chunk.
        settings: Hyperparameters.
        at_once: Steps for which the loop is compiled, see `steps_at_once`.
    """
    random = np.random.default_rng([settings.seed, progress.epoch, progress.chunks])
    for batches, steps in _batches(chunk, settings, at_once, random):
        model, state, summed = _steps(
            progress.model,
            progress.optimizer,
            batches,
            np.float32(settings.kl_weight),
            steps,
            progress.steps,
            name=settings.optimizer,
        )
        progress = replace(
            progress,
            model=model,
            optimizer=state,
            steps=progress.steps + steps,
            loss=progress.loss + float(summed),
        )
    return replace(progress, chunks=progress.chunks + 1)


def steps_at_once(showers: int, shower_bytes: int, batch_size: int) -> int:
    """For how many steps the loop is compiled: all of a small set."""
    return max(1, min(showers // batch_size, BYTES_AT_ONCE // (batch_size * shower_bytes)))


def _batches(
    chunk: Showers, settings: Settings, at_once: int, random: np.random.Generator
) -> Iterator[tuple[Batches, int]]:
    """Cut a chunk in random order into batches; give `at_once` of them, and how many are not a repetition."""
    total = len(chunk) // settings.batch_size
    order = random.permutation(len(chunk))[: total * settings.batch_size].reshape(total, settings.batch_size)
    for start in range(0, total, at_once):
        steps = min(at_once, total - start)
        rows = order[np.arange(start, start + at_once) % total]
        noise = random.standard_normal((*rows.shape, settings.latent_dim), dtype=np.float32)
        yield (chunk.cells[rows], chunk.conditions[rows], noise), steps


@partial(jax.jit, static_argnames="name")
def _steps(
    model: VAE,
    state: optax.OptState,
    batches: Batches,
    kl_weight: jax.Array,
    steps: jax.Array,
    done: jax.Array,
    *,
    name: str,
) -> tuple[VAE, optax.OptState, jax.Array]:
    """Take the first `steps` of the batches; `done` steps of this epoch went before.

    The statistics that normalise after training are a moving average that begins anew with every epoch; its
    weights are corrected for that.
    """

    def step(number: jax.Array, carry: Carry) -> Carry:
        model, state, average, total = carry
        cells, told, noise = (jax.lax.dynamic_index_in_dim(part, number, keepdims=False) for part in batches)

        def loss(model: VAE) -> tuple[jax.Array, list[Statistics]]:
            each, seen = losses(model, cells, told, noise, kl_weight, batch=True)
            return each.mean(), seen

        (value, seen), gradient = jax.value_and_grad(loss, has_aux=True)(model)
        updates, state = optimizer(name, 0.0).update(gradient, state)  # the rate is the state's own
        average = jax.tree.map(lambda old, new: MOMENTUM * old + (1.0 - MOMENTUM) * new, average, seen)
        return eqx.apply_updates(model, updates), state, average, total + value

    average = jax.tree.map(lambda stored: stored * (1.0 - MOMENTUM**done), statistics(model))
    start: Carry = (model, state, average, jnp.float32(0.0))
    model, state, average, total = jax.lax.fori_loop(0, steps, step, start)
    corrected = jax.tree.map(lambda summed: summed / (1.0 - MOMENTUM ** (done + steps)), average)
    return with_statistics(model, corrected), state, total

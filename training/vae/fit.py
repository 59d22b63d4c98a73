# SPDX-License-Identifier: Apache-2.0
"""The training itself: epochs over chunks, a verdict after each, and the weights of the best one kept.

The steps on one chunk are one compiled loop. Learning rate and weight of the divergence are arguments of the
program: trials that differ in them alone share what was compiled. So is the number of steps, since chunks
differ in size.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from training.data.dataset import Showers
from training.errors import Diverged, OptionError
from training.geometry import Mesh
from training.scaling import Floats
from training.vae.feed import Sources, feed, shower_bytes
from training.vae.judge import judge
from training.vae.model import VAE, Statistics, losses, starting_at, statistics, with_statistics
from training.vae.settings import Settings
from training.vae.state import Epoch, Progress, Store

log = logging.getLogger(__name__)

MOMENTUM = 0.9
"""Weight of older batches in the statistics that normalise after training."""
BYTES_AT_ONCE = 2**27
"""What is handed to the device in one go, whatever the size of a chunk."""

Batches = tuple[Floats, Floats, Floats]
"""Cells, conditions and noise, each of shape (steps, batch_size, ...)."""
Carry = tuple[VAE, optax.OptState, list[Statistics], jax.Array]

DECIMALS = 6
"""Metrics are compared as they are printed, so that ours and Katib's best epoch are the same one."""


def fit(sources: Sources, settings: Settings, on_epoch: Callable[[Epoch], None], store: Store) -> Progress:
    """Train a model and keep the best epoch's weights.

    Args:
        sources: Showers to learn from and to judge by; they fill a batch, see `training.vae.feed.check_fits`.
        settings: Hyperparameters.
        on_epoch: Called after every epoch, at first for those of an interrupted training that goes on.
        store: Where the state of an interrupted training is kept.

    Raises:
        OptionError: The set comes in chunks of which none fills a batch.
        Diverged: A metric is no longer a finite number.
    """
    device = jax.devices()[0]
    log.info("training on %s (%s)", device.platform, device.device_kind)
    mesh = sources.training.mesh
    give = feed(sources, settings.seed)
    judged = judge(sources.validation, settings, limit=sources.limit)
    at_once = steps_at_once(sources.showers, shower_bytes(mesh), settings.batch_size)
    progress = store.load(untrained(mesh, settings))
    for epoch in progress.curve:
        on_epoch(epoch)
    while not finished(progress, settings):
        for chunk in give(progress.epoch, progress.chunks):
            progress = learn(_started(progress, chunk), chunk, settings, at_once=at_once)
            store.save_if_due(progress)
        if progress.steps == 0:
            store.remove()
            raise OptionError(
                f"no chunk of memory {sources.memory} bytes fills a batch of {settings.batch_size} showers. "
                "Give twice as much."
            )
        progress = _ended(progress, *judged(progress.model))
        epoch = progress.curve[-1]
        if not all(map(math.isfinite, epoch.metrics.values())):
            store.remove()
            raise Diverged(
                f"epoch {epoch.number}: the loss is not finite. Lower --lr (it is {settings.lr:g})."
            )
        on_epoch(epoch)
    return progress


def untrained(mesh: Mesh, settings: Settings) -> Progress:
    """Where a training stands before its first step."""
    model = VAE(mesh, settings.latent_dim, settings.hidden, settings.seed)
    begin = jax.jit(optimizer(settings.optimizer, settings.lr).init)  # a program, kept on disk as the others
    return Progress(model, begin(model), best=model)


def finished(progress: Progress, settings: Settings) -> bool:
    """Tell whether all epochs are done, or so many brought no gain that the rest is left out."""
    done = len(progress.curve)
    if done == 0:
        return False
    return done >= settings.epochs or 0 < settings.patience <= done - progress.best_epoch.number


def _started(progress: Progress, chunk: Showers) -> Progress:
    """Begin the first epoch at the mean shower of its first chunk."""
    if progress.curve or progress.chunks:
        return progress
    return replace(progress, model=starting_at(progress.model, chunk.cells.mean(axis=0)))


def _ended(progress: Progress, val_loss: float, distance: float) -> Progress:
    """End the running epoch; its model is the best one if none before was as good."""
    means = (progress.loss / progress.steps, val_loss, distance)
    epoch = Epoch(progress.epoch, *(round(value, DECIMALS) for value in means))
    ended = replace(progress, curve=(*progress.curve, epoch), chunks=0, steps=0, loss=0.0)
    return replace(ended, best=ended.model) if ended.best_epoch == epoch else ended


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
        kl_weight, done, name = np.float32(settings.kl_weight), progress.steps, settings.optimizer
        model, state, summed = _steps(
            progress.model, progress.optimizer, batches, kl_weight, steps, done, name=name
        )
        loss = progress.loss + float(summed)
        progress = replace(progress, model=model, optimizer=state, steps=done + steps, loss=loss)
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

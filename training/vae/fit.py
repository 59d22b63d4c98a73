# SPDX-License-Identifier: Apache-2.0
"""The training itself: epochs over chunks, a verdict after each, and the weights of the best one kept."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax

from training.data.dataset import Showers, shower_bytes
from training.errors import Diverged
from training.vae.feed import Sources, check_fits, feed
from training.vae.judge import judge
from training.vae.learn import learn, optimizer, steps_at_once
from training.vae.model import VAE, Architecture, starting_at
from training.vae.progress import Epoch, Progress
from training.vae.settings import Settings
from training.vae.state import Store

log = logging.getLogger(__name__)

DECIMALS = 6
"""Metrics are compared as they are printed, so that ours and Katib's best epoch are the same one."""


@dataclass(frozen=True)
class Fitted:
    """The model of the epoch with the lowest physics distance, and the way there."""

    model: VAE
    architecture: Architecture
    best: Epoch
    curve: tuple[Epoch, ...]


def fit(
    sources: Sources,
    settings: Settings,
    on_epoch: Callable[[Epoch], None],
    *,
    store: Store | None = None,
) -> Fitted:
    """Train a model and keep the best epoch's weights.

    Args:
        sources: Showers to learn from and to judge by.
        settings: Hyperparameters.
        on_epoch: Called after every epoch, at first for those of an interrupted training that goes on.
        store: Where the state of an interrupted training is kept; None keeps none.

    Raises:
        OptionError: The batch is larger than the set or than a chunk.
        Diverged: A metric is no longer a finite number.
    """
    check_fits(sources, settings.batch_size)
    device = jax.devices()[0]
    log.info("training on %s (%s)", device.platform, device.device_kind)
    mesh = sources.training.mesh
    architecture = Architecture(mesh.shape, settings.latent_dim, settings.hidden)
    give = feed(sources, settings.seed)
    judged = judge(sources.validation, settings, limit=sources.limit)
    at_once = steps_at_once(sources.showers, shower_bytes(mesh), settings.batch_size)
    progress = untrained(architecture, settings)
    if store:
        progress = store.load(progress) or progress
    for epoch in progress.curve:
        on_epoch(epoch)
    while not finished(progress, settings):
        for chunk in give(progress.epoch, progress.chunks):
            progress = learn(_started(progress, chunk), chunk, settings, at_once=at_once)
            if store:
                store.save_if_due(progress)
        progress = _close_epoch(progress, judged, settings)
        on_epoch(progress.curve[-1])
    best = progress.best_epoch
    assert best is not None  # epochs is 1 or more
    return Fitted(progress.best, architecture, best, progress.curve)


def untrained(architecture: Architecture, settings: Settings) -> Progress:
    """Where a training stands before its first step."""
    model = VAE(architecture, settings.seed)
    begin = jax.jit(
        optimizer(settings.optimizer, settings.lr).init
    )  # one program, kept on disk with the others
    return Progress(model, begin(model), best=model)


def finished(progress: Progress, settings: Settings) -> bool:
    """Tell whether all epochs are done, or so many brought no gain that the rest is left out."""
    impatient = 0 < settings.patience <= progress.without_gain
    return impatient or len(progress.curve) >= settings.epochs


def _started(progress: Progress, chunk: Showers) -> Progress:
    """Begin the first epoch at the mean shower of its first chunk."""
    if progress.curve or progress.chunks:
        return progress
    return replace(progress, model=starting_at(progress.model, chunk.cells.mean(axis=0)))


def _close_epoch(
    progress: Progress, judged: Callable[[VAE], tuple[float, float]], settings: Settings
) -> Progress:
    val_loss, distance = judged(progress.model)
    means = (progress.loss / progress.steps, val_loss, distance)
    epoch = Epoch(progress.epoch, *(round(value, DECIMALS) for value in means))
    if not all(map(math.isfinite, means)):
        raise Diverged(f"epoch {epoch.number}: the loss is not finite. Lower --lr (it is {settings.lr:g}).")
    before = progress.best_epoch
    better = before is None or epoch.physics_distance < before.physics_distance
    return replace(
        progress,
        best=progress.model if better else progress.best,
        curve=(*progress.curve, epoch),
        chunks=0,
        steps=0,
        loss=0.0,
    )

# SPDX-License-Identifier: Apache-2.0
"""Where a training stands: everything that its next step depends on, so that it can be left and taken up."""

from __future__ import annotations

from dataclasses import dataclass

import optax

from training.vae.model import VAE

METRICS = ("loss", "val_loss", "physics_distance")


@dataclass(frozen=True)
class Epoch:
    """What one epoch ended with, as it is printed.

    `loss` is the mean over the epoch's steps, `val_loss` that of the model after it. `physics_distance` is
    that of `training.physics.distance` between generated showers and the validation set's.
    """

    number: int
    loss: float
    val_loss: float
    physics_distance: float

    @property
    def metrics(self) -> dict[str, float]:
        """The numbers by the names under which they are printed."""
        return {name: getattr(self, name) for name in METRICS}


@dataclass(frozen=True)
class Progress:
    """A training after some chunk of some epoch.

    Random numbers are no part of it: each chunk has a generator of its own, made of seed, epoch and chunk.
    """

    model: VAE
    optimizer: optax.OptState
    best: VAE
    """The model of the epoch with the lowest physics distance."""
    curve: tuple[Epoch, ...] = ()
    """Epochs that are done."""
    chunks: int = 0
    """Chunks of the running epoch that are done."""
    steps: int = 0
    """Steps of the running epoch that are done."""
    loss: float = 0.0
    """Sum of the losses of those steps."""

    @property
    def epoch(self) -> int:
        """The number of the running epoch."""
        return len(self.curve) + 1

    @property
    def best_epoch(self) -> Epoch | None:
        """The epoch of `best`: the earliest of equals, as Katib takes it."""
        return min(self.curve, key=lambda epoch: epoch.physics_distance, default=None)

    @property
    def without_gain(self) -> int:
        """Epochs since the best one."""
        best = self.best_epoch
        return 0 if best is None else len(self.curve) - best.number

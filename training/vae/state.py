# SPDX-License-Identifier: Apache-2.0
"""Where a training stands: everything that its next step depends on, so that it can be left and taken up.

The state of an unfinished training is kept beside where its model will be: who is killed goes on from there.
It is one file: the SHA-256 of what follows, a line of JSON with what it belongs to and the curve, then the
numbers. It is moved into its place when it is whole, and is gone when the training has ended.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import equinox as eqx
import jax
import optax

from training.data.files import Place, below, put, read, remove
from training.errors import DataError
from training.vae.model import VAE

log = logging.getLogger(__name__)

METRICS = ("loss", "val_loss", "physics_distance")
NAME = "unfinished.training"
NAMES = (NAME, f"{NAME}.part")
"""The state, and where it may be while it is replaced."""
FORMAT = 2


@dataclass(frozen=True)
class Epoch:
    """What one epoch ended with, as it is printed.

    `loss` is the mean over the epoch's steps, `val_loss` that of the model after it. `physics_distance` is
    that of `training.physics.observables`, between generated showers and those of the validation set.
    """

    number: int
    loss: float
    val_loss: float
    physics_distance: float

    @property
    def metrics(self) -> dict[str, float]:
        """The numbers by the names under which they are printed."""
        return {name: getattr(self, name) for name in METRICS}

    def __str__(self) -> str:
        metrics = (f"{name}={value:.6f}" for name, value in self.metrics.items())
        return " ".join((f"epoch={self.number}", *metrics))


class Progress(eqx.Module):
    """A training after some chunk of some epoch.

    Random numbers are no part of it: each chunk has a generator of its own, made of seed, epoch and chunk.
    """

    model: VAE
    optimizer: optax.OptState
    best: VAE
    """The model of the epoch with the lowest physics distance."""
    curve: tuple[Epoch, ...] = eqx.field(static=True, default=())
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
    def best_epoch(self) -> Epoch:
        """The epoch of `best`, once there is one: the earliest of equals, as Katib takes it."""
        return min(self.curve, key=lambda epoch: epoch.physics_distance)


class Store:
    """Keeps the state of one training beside its model, and remembers when it was last written.

    Args:
        where: The folder or address of the trial's model.
        belongs: Settings and data, by name: what is found there of other ones is not gone on with.
        seconds: From one writing to the next; 0 writes after every chunk.
    """

    def __init__(self, where: Place, belongs: Mapping[str, str | int | float], *, seconds: float) -> None:
        self._where, self._seconds = where, seconds
        self._belongs = {**belongs, "format": FORMAT, "jax": jax.__version__, "optax": optax.__version__}
        self._written = time.monotonic()

    def save_if_due(self, progress: Progress) -> None:
        """Write the state unless the last one is recent; where that fails the training goes on without."""
        if time.monotonic() < self._written + self._seconds:
            return
        try:
            with TemporaryDirectory() as folder:
                unfinished = Path(folder) / NAME
                unfinished.write_bytes(_packed(progress, self._belongs))
                put(unfinished, self._where, NAME)
        except (DataError, OSError) as err:
            log.warning("the state of the training cannot be written: %s Going on.", err)
        self._written = time.monotonic()

    def load(self, like: Progress) -> Progress:
        """Return where an interrupted training of the same settings and data stands; without one, `like`."""
        state = below(self._where, NAME)
        found = [content for name in NAMES if (content := read(below(self._where, name))) is not None]
        file = next(filter(None, map(_checked, found)), None)
        if file is None:
            if found:
                log.warning("%s is damaged, or of an earlier version: starting anew", state)
            return like
        header = json.loads(file.readline())
        if differences := _differences(header["belongs"], self._belongs):
            log.warning("%s is of another training (%s): starting anew", state, "; ".join(differences))
            return like
        curve = tuple(Epoch(*values) for values in header["curve"])
        progress: Progress = replace(eqx.tree_deserialise_leaves(file, like), curve=curve)
        log.info("going on with epoch %d, from %s", progress.epoch, state)
        return progress

    def remove(self) -> None:
        """Leave nothing behind."""
        for name in NAMES:
            remove(below(self._where, name))


def _packed(progress: Progress, belongs: Mapping[str, str | int | float]) -> bytes:
    file = BytesIO()
    header = {"belongs": belongs, "curve": [astuple(epoch) for epoch in progress.curve]}
    file.write(json.dumps(header).encode() + b"\n")
    eqx.tree_serialise_leaves(file, progress)
    return hashlib.sha256(file.getbuffer()).hexdigest().encode() + b"\n" + file.getvalue()


def _checked(content: bytes) -> BinaryIO | None:
    """Return what follows the checksum, to be read; None where it is damaged."""
    checksum, _, rest = content.partition(b"\n")
    return BytesIO(rest) if checksum.decode(errors="replace") == hashlib.sha256(rest).hexdigest() else None


def _differences(found: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    return [
        f"{name} {found.get(name)} there, {wanted.get(name)} here"
        for name in sorted({*found, *wanted})
        if found.get(name) != wanted.get(name)
    ]

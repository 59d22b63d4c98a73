# SPDX-License-Identifier: Apache-2.0
"""What one training can be told. Read before JAX is imported, so that a wrong value costs no seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

from training.options import choice, number, whole, wholes

OPTIMIZERS = ("adam", "rmsprop")


def _setting(default: Any, meaning: str, read: Callable[..., object], **rules: object) -> Any:
    return field(default=default, metadata={"meaning": meaning, "read": partial(read, **rules)})


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of one training; the defaults are those published with Par04 (training_vae/core).

    Each field's metadata has what it means and how it is read from text. The published weight of the
    Kullback-Leibler divergence follows from how Par04 sums its losses, see `training.vae.loss`.
    """

    lr: float = _setting(1e-3, "learning rate of the optimizer", number, above=0.0)
    batch_size: int = _setting(128, "showers in one step", whole, least=1)
    epochs: int = _setting(1000, "passes over the data", whole, least=1)
    latent_dim: int = _setting(10, "latent numbers", whole, least=1)
    hidden: tuple[int, ...] = _setting(
        (100, 50, 20, 14),
        "widths of the encoder's layers, separated by commas; the decoder has them in reverse",
        wholes,
        least=1,
    )
    optimizer: str = _setting("adam", " or ".join(OPTIMIZERS), choice, among=OPTIMIZERS)
    patience: int = _setting(
        0, "stop after so many epochs without a better physics_distance; 0 goes on to the last", whole
    )
    kl_weight: float = _setting(
        1.0 / 128.0, "weight of the Kullback-Leibler divergence beside the reconstruction", number, least=0.0
    )
    seed: int = _setting(0, "of weights, order and noise", whole)

    def as_text(self) -> dict[str, str | int | float]:
        """Return every setting as the command line takes it."""
        values = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        return {
            name: ",".join(map(str, value)) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

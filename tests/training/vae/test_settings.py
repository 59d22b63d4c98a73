# SPDX-License-Identifier: Apache-2.0
"""Hyperparameters: the published ones where nothing is said."""

from __future__ import annotations

from dataclasses import fields

import optax
import pytest

from training.train import arguments
from training.vae.settings import OPTIMIZERS, Settings


def test_the_defaults_are_those_of_par04() -> None:
    """training_vae/core/constants.py of Geant4 11.4; the weight is derived in test_loss."""
    assert Settings() == Settings(
        lr=1e-3,
        batch_size=128,
        epochs=1000,
        latent_dim=10,
        hidden=(100, 50, 20, 14),
        optimizer="adam",
        patience=0,
        kl_weight=1 / 128,
        seed=0,
    )


def test_every_setting_is_read_back_from_its_text() -> None:
    """What model.json says can be pasted behind the command."""
    settings = Settings(
        lr=3e-5, batch_size=64, hidden=(8, 4), optimizer="rmsprop", kl_weight=0.25, patience=3
    )
    given = [f"--{name}={text}" for name, text in settings.as_text().items()]
    read = vars(arguments().parse_args(["--dataset=d", "--output=o", *given]))
    assert Settings(**{field.name: read[field.name] for field in fields(Settings)}) == settings


def test_what_is_not_given_is_the_published_one() -> None:
    """The command line has no defaults of its own."""
    read = vars(arguments().parse_args(["--dataset=d", "--output=o"]))
    assert Settings(**{field.name: read[field.name] for field in fields(Settings)}) == Settings()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_one_of_optax(name: str) -> None:
    """They are looked up there by their names."""
    assert callable(getattr(optax, name))

# SPDX-License-Identifier: Apache-2.0
"""The verdict on a model: the distance of `training.physics`, taken from generated showers."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from training.data.dataset import Part, Showers, read, scaled
from training.geometry import geometry_named
from training.physics.distance import physics_distance
from training.physics.observables import observables
from training.vae import judge as judging
from training.vae.judge import judge
from training.vae.loss import loss
from training.vae.model import VAE, Architecture
from training.vae.settings import Settings

SETTINGS = Settings(hidden=(16, 8), latent_dim=3, kl_weight=0.5)


def model_of(part: Part, seed: int = 1) -> VAE:
    """A model that never trained."""
    return VAE(Architecture(part.mesh.shape, SETTINGS.latent_dim, SETTINGS.hidden), seed)


def showers_of(part: Part) -> list[Showers]:
    """All showers, by point."""
    return [scaled(read(part, point)) for point in part.points]


def test_the_distance_is_that_of_whole_generated_showers(validation: Part) -> None:
    """Adding up over phi on the device changes nothing: generated one by one here, compared as they are."""
    model, by_point = model_of(validation), showers_of(validation)
    _, latent = np.random.default_rng(0).standard_normal((2, 32, 3), dtype=np.float32)
    told = np.concatenate([showers.conditions for showers in by_point])
    logits, _ = model.decode(jnp.concatenate([latent, told], axis=1), batch=False)
    cells = np.split(np.asarray(jax.nn.sigmoid(logits)), len(by_point))
    shape = (-1, *validation.mesh.shape)
    full, generated = (
        {
            point: observables(fractions.reshape(shape), geometry_named(point.geometry), validation.mesh)
            for point, fractions in zip(validation.points, sample, strict=True)
        }
        for sample in ([showers.cells for showers in by_point], cells)
    )
    expected = physics_distance(full, generated)
    assert judge(validation, SETTINGS, limit=None)(model)[1] == pytest.approx(expected, rel=1e-4)


def test_the_loss_is_that_of_the_validation_set(validation: Part) -> None:
    """Weighted as in training, normalised by what training stored."""
    model, by_point = model_of(validation), showers_of(validation)
    noise, _ = jnp.asarray(np.random.default_rng(0).standard_normal((2, 32, 3), dtype=np.float32))
    cells = jnp.concatenate([showers.cells for showers in by_point])
    told = jnp.concatenate([showers.conditions for showers in by_point])
    expected, _ = loss(model, cells, told, noise, SETTINGS.kl_weight, batch=False)
    assert judge(validation, SETTINGS, limit=None)(model)[0] == pytest.approx(float(expected), rel=1e-5)


def test_the_verdict_is_the_same_whoever_asks(validation: Part) -> None:
    """Neither the trial's seed nor the number of verdicts before it plays a part."""
    model = model_of(validation)
    one, other = (judge(validation, replace(SETTINGS, seed=seed), limit=None) for seed in (0, 7))
    assert one(model) == one(model) == other(model)
    assert one(model_of(validation, seed=2)) != one(model)


@pytest.mark.parametrize(("at_most", "limit", "each"), [(16, None, 2), (1, None, 1), (2000, 3, 3)])
def test_each_point_gives_its_first_showers(
    validation: Part, monkeypatch: pytest.MonkeyPatch, at_most: int, limit: int | None, each: int
) -> None:
    """At most so many over all points, so that a verdict costs little beside an epoch; never none."""
    monkeypatch.setattr(judging, "SHOWERS", at_most)
    taken = dict(judging._first_of_each(validation, limit))
    assert {point: len(showers) for point, showers in taken.items()} == dict.fromkeys(validation.points, each)

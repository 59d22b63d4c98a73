# SPDX-License-Identifier: Apache-2.0
"""The verdict on a model: the distance of `training.physics`, taken from generated showers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.training.data.showers import read_point, write_calochallenge
from training.data.dataset import Part, Showers, open_part, scaled
from training.geometry import SIW, geometry_named
from training.physics.observables import energy_bins, observables, physics_distance, profiles
from training.prepare import prepare
from training.scaling import to_fractions
from training.vae import judge as judging
from training.vae.judge import judge
from training.vae.model import VAE, losses
from training.vae.settings import Settings

SETTINGS = Settings(hidden=(16, 8), latent_dim=3, kl_weight=0.5)


def model_of(part: Part, seed: int = 1) -> VAE:
    """A model that never trained."""
    return VAE(part.mesh, SETTINGS.latent_dim, SETTINGS.hidden, seed)


def showers_of(part: Part) -> list[Showers]:
    """All showers, by point."""
    return [scaled(read_point(part, point)) for point in part.counts]


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
            point: observables(*profiles(fractions.reshape(shape)), geometry_named(point.geometry))
            for point, fractions in zip(validation.counts, sample, strict=True)
        }
        for sample in ([showers.cells for showers in by_point], cells)
    )
    expected = physics_distance(full, generated)
    assert judge(validation, SETTINGS, limit=None)(model)[1] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("batch", "filled"), [(256, 32), (12, 36)], ids=["one batch", "filled up"])
def test_the_loss_is_that_of_the_validation_set(
    validation: Part, monkeypatch: pytest.MonkeyPatch, batch: int, filled: int
) -> None:
    """Weighted as in training, normalised by what training stored; no shower counts twice."""
    monkeypatch.setattr(judging, "BATCH", batch)
    model, by_point = model_of(validation), showers_of(validation)
    noise, _ = np.random.default_rng(0).standard_normal((2, filled, 3), dtype=np.float32)
    cells = jnp.concatenate([showers.cells for showers in by_point])
    told = jnp.concatenate([showers.conditions for showers in by_point])
    each, _ = losses(model, cells, told, jnp.asarray(noise[:32]), SETTINGS.kl_weight, batch=False)
    assert judge(validation, SETTINGS, limit=None)(model)[0] == pytest.approx(float(each.mean()), rel=1e-5)


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
    assert {point: len(showers) for point, showers in taken.items()} == dict.fromkeys(validation.counts, each)


def test_a_range_of_energies_is_judged_in_bins(tmp_path: Path) -> None:
    """Showers of 1 GeV and of 1 TeV are not one distribution; the CaloChallenge's points have both."""
    write_calochallenge(tmp_path / "source/dataset_2_1.hdf5", 200)
    prepare(str(tmp_path / "source"), tmp_path / "data", mesh="3x4x9")
    part = open_part(tmp_path / "data", "validation")
    ((point, block),) = [(point, read_point(part, point)) for point in part.counts]
    full = observables(*profiles(to_fractions(block.cells_mev, block.energies_gev)), SIW)
    _, latent = np.random.default_rng(0).standard_normal((2, 20, 3), dtype=np.float32)
    model = model_of(part)
    logits, _ = model.decode(jnp.concatenate([latent, scaled(block).conditions], axis=1), batch=False)
    generated = observables(*profiles(np.asarray(jax.nn.sigmoid(logits)).reshape(-1, 3, 4, 9)), SIW)
    bins = list(energy_bins(point, block.energies_gev))
    assert len(bins) == 4
    of_full, of_generated = (
        {narrow: {name: values[rows] for name, values in sample.items()} for narrow, rows in bins}
        for sample in (full, generated)
    )
    expected = physics_distance(of_full, of_generated)
    assert judge(part, SETTINGS, limit=None)(model)[1] == pytest.approx(expected, rel=1e-4)

# SPDX-License-Identifier: Apache-2.0
"""The autoencoder is the published one, unless told otherwise."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from training.geometry import Mesh
from training.vae.model import VAE, losses, starting_at, statistics, with_statistics

PUBLISHED = (100, 50, 20, 14)
SMALL = (Mesh(2, 3, 4), 5, PUBLISHED)


def uniform(random: np.random.Generator, *shape: int) -> jax.Array:
    """Draw numbers from 0 to 1."""
    return jnp.asarray(random.random(shape, dtype=np.float32))


def size(tree: object) -> int:
    """Count the numbers in a model or a part of it."""
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def test_the_full_model_has_the_published_number_of_parameters() -> None:
    """Par04's Keras model: 4,057,900 in the encoder, 4,097,896 in the decoder, normalisations included."""
    model = VAE(Mesh(18, 50, 45), 10, PUBLISHED, seed=0)
    assert size([model.encoder, model.latent_mean, model.latent_log_variance]) == 4_057_900
    assert size([model.decoder, model.output]) == 4_097_896


def test_the_widths_can_be_chosen() -> None:
    """As many layers as there are widths, mirrored in the decoder."""
    model = VAE(Mesh(2, 3, 4), 5, (16, 8), seed=0)
    assert [block.dense.kernel.shape for block in model.encoder] == [(28, 16), (16, 8)]
    assert [block.dense.kernel.shape for block in model.decoder] == [(9, 8), (8, 16)]
    assert model.output.kernel.shape == (16, 24)


def test_a_seed_makes_a_model_again() -> None:
    """Kernels come from the seed alone."""
    one, same, other = VAE(*SMALL, 1), VAE(*SMALL, 1), VAE(*SMALL, 2)
    assert np.array_equal(one.output.kernel, same.output.kernel)
    assert not np.array_equal(one.output.kernel, other.output.kernel)


def test_training_normalises_each_unit_over_the_batch() -> None:
    """Mean 0 and variance 1 behind every block, for any input."""
    inputs = 50.0 * uniform(np.random.default_rng(1), 64, 28)
    hidden, _ = VAE(*SMALL, 1).encoder[0](inputs, True)
    assert np.asarray(hidden.mean(axis=0)) == pytest.approx(np.zeros(100), abs=1e-4)
    assert np.asarray(hidden.var(axis=0)).max() == pytest.approx(1.0, abs=1e-2)


def test_stored_statistics_repeat_the_batch_they_came_from() -> None:
    """With its own statistics stored, a batch is decoded as in training, and one shower alone likewise."""
    model = VAE(*SMALL, 1)
    random = np.random.default_rng(1)
    cells, told, noise = uniform(random, 32, 24), uniform(random, 32, 4), jnp.zeros((32, 5))
    in_training, seen = losses(model, cells, told, noise, 1.0, batch=True)
    stored = with_statistics(model, seen)
    assert jax.tree.all(jax.tree.map(np.array_equal, statistics(stored), seen))
    alike, _ = losses(stored, cells, told, noise, 1.0, batch=False)
    assert np.asarray(alike) == pytest.approx(np.asarray(in_training), rel=1e-4)
    latent = uniform(random, 32, 9)
    together, alone = stored.decode(latent, False)[0], stored.decode(latent[:1], False)[0]
    assert np.asarray(alone[0]) == pytest.approx(np.asarray(together[0]), abs=1e-5)


def test_the_last_layer_starts_at_the_mean_shower() -> None:
    """Its bias alone gives the mean, empty cells included."""
    mean = np.linspace(0.0, 0.2, 24, dtype=np.float32)
    started = starting_at(VAE(*SMALL, 1), mean)
    assert np.asarray(jax.nn.sigmoid(started.output.bias)) == pytest.approx(mean, abs=1e-6)

# SPDX-License-Identifier: Apache-2.0
"""The autoencoder is the published one, and its loss is what its formula says."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from training.vae.model import VAE, Architecture, loss, starting_at, with_statistics

SMALL = Architecture((2, 3, 4), 5)


def uniform(random: np.random.Generator, *shape: int) -> jax.Array:
    """Draw numbers from 0 to 1."""
    return jnp.asarray(random.random(shape, dtype=np.float32))


def size(tree: object) -> int:
    """Count the numbers in a model or a part of it."""
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def test_the_full_model_has_the_published_number_of_parameters() -> None:
    """Par04's Keras model: 4,057,900 in the encoder, 4,097,896 in the decoder, normalisations included."""
    model = VAE(Architecture((18, 50, 45), 10), seed=0)
    assert size([model.encoder, model.latent_mean, model.latent_log_variance]) == 4_057_900
    assert size([model.decoder, model.output]) == 4_097_896


def test_a_seed_makes_a_model_again() -> None:
    """Kernels come from the seed alone."""
    one, same, other = VAE(SMALL, 1), VAE(SMALL, 1), VAE(SMALL, 2)
    assert np.array_equal(one.output.kernel, same.output.kernel)
    assert not np.array_equal(one.output.kernel, other.output.kernel)


def test_the_loss_is_cross_entropy_over_cells_plus_divergence() -> None:
    """Written out in NumPy, for a batch."""
    random = np.random.default_rng(1)
    model = VAE(SMALL, 1)
    cells, told, noise = uniform(random, 6, 24), uniform(random, 6, 4), uniform(random, 6, 5) - 0.5
    value, seen = loss(model, cells, told, noise, batch=True)
    mean, log_variance = (np.asarray(part, dtype=np.float64) for part in model.encode(cells, told, True)[:2])
    latent = np.concatenate([mean + np.exp(log_variance / 2) * np.asarray(noise), told], axis=1)
    logits = np.asarray(model.decode(jnp.asarray(latent, dtype=jnp.float32), True)[0], dtype=np.float64)
    share, target = 1.0 / (1.0 + np.exp(-logits)), np.asarray(cells)
    entropy = -(target * np.log(share) + (1.0 - target) * np.log(1.0 - share)).sum(axis=1)
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1.0).sum(axis=1)
    assert float(value) == pytest.approx((entropy + divergence).mean(), rel=1e-5)
    assert len(seen) == 8


def test_training_normalises_each_unit_over_the_batch() -> None:
    """Mean 0 and variance 1 behind every block, for any input."""
    inputs = 50.0 * uniform(np.random.default_rng(1), 64, 28)
    hidden, _ = VAE(SMALL, 1).encoder.blocks[0](inputs, True)
    assert np.asarray(hidden.mean(axis=0)) == pytest.approx(np.zeros(100), abs=1e-4)
    assert np.asarray(hidden.var(axis=0)).max() == pytest.approx(1.0, abs=1e-2)


def test_stored_statistics_repeat_the_batch_they_came_from() -> None:
    """With its own statistics stored, a batch is decoded as in training, and one shower alone likewise."""
    model = VAE(SMALL, 1)
    random = np.random.default_rng(1)
    cells, told, noise = uniform(random, 32, 24), uniform(random, 32, 4), jnp.zeros((32, 5))
    in_training, seen = loss(model, cells, told, noise, batch=True)
    stored = with_statistics(model, seen)
    assert float(loss(stored, cells, told, noise, batch=False)[0]) == pytest.approx(
        float(in_training), rel=1e-4
    )
    latent = uniform(random, 32, 9)
    together, alone = stored.decode(latent, False)[0], stored.decode(latent[:1], False)[0]
    assert np.asarray(alone[0]) == pytest.approx(np.asarray(together[0]), abs=1e-5)


def test_the_last_layer_starts_at_the_mean_shower() -> None:
    """Its bias alone gives the mean, empty cells included."""
    mean = np.linspace(0.0, 0.2, 24, dtype=np.float32)
    started = starting_at(VAE(SMALL, 1), mean)
    assert np.asarray(jax.nn.sigmoid(started.output.bias)) == pytest.approx(mean, abs=1e-6)

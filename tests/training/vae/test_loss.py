# SPDX-License-Identifier: Apache-2.0
"""The loss is what its formula says, weighted as Par04 weighs its own."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest

from training.geometry import Mesh
from training.vae.model import VAE, losses
from training.vae.settings import Settings

SHOWERS, CELLS, LATENT = 128, 24, 5


@dataclass(frozen=True)
class Batch:
    """A batch, and its two terms for each shower and cell in double precision."""

    model: VAE
    cells: npt.NDArray[np.float32]
    told: npt.NDArray[np.float32]
    noise: npt.NDArray[np.float32]
    cross_entropy: npt.NDArray[np.float64]
    divergence: npt.NDArray[np.float64]

    def loss(self, kl_weight: float) -> float:
        """Ours, as training takes it: the mean over showers."""
        cells, told, noise = (jnp.asarray(part) for part in (self.cells, self.told, self.noise))
        return float(losses(self.model, cells, told, noise, kl_weight, batch=True)[0].mean())


@pytest.fixture(scope="module")
def batch() -> Batch:
    """As many random showers as a published batch has."""
    random = np.random.default_rng(1)
    model = VAE(Mesh(2, 3, 4), LATENT, (100, 50, 20, 14), 1)
    cells, told = (random.random((SHOWERS, n), dtype=np.float32) for n in (CELLS, 4))
    noise = random.standard_normal((SHOWERS, LATENT), dtype=np.float32)
    encoded = model.encode(jnp.asarray(cells), jnp.asarray(told), True)[:2]
    mean, log_variance = (np.asarray(part, dtype=np.float64) for part in encoded)
    latent = np.concatenate([mean + np.exp(log_variance / 2) * noise, told], axis=1)
    logits = np.asarray(model.decode(jnp.asarray(latent, dtype=jnp.float32), True)[0], dtype=np.float64)
    share = 1.0 / (1.0 + np.exp(-logits))
    cross_entropy = -(cells * np.log(share) + (1.0 - cells) * np.log(1.0 - share))
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1.0)
    return Batch(model, cells, told, noise, cross_entropy, divergence)


@pytest.mark.parametrize("kl_weight", [0.0, 0.5, 1.0])
def test_the_loss_is_cross_entropy_over_cells_plus_weighted_divergence(
    batch: Batch, kl_weight: float
) -> None:
    """Mean over showers of the sums over cells and latent numbers."""
    expected = (batch.cross_entropy.sum(axis=1) + kl_weight * batch.divergence.sum(axis=1)).mean()
    assert batch.loss(kl_weight) == pytest.approx(expected, rel=1e-5)


def test_the_default_weight_is_the_published_one(batch: Batch) -> None:
    """As training_vae/core/model.py sums: Keras' cross-entropy is a mean over cells, then a sum over showers.

    Its weight is the number of cells; the divergence is a mean over showers, with no weight. Divided by the
    showers of a published batch, that is our loss with our default weight.
    """
    published = CELLS * batch.cross_entropy.mean(axis=1).sum() + batch.divergence.sum(axis=1).mean()
    assert batch.loss(Settings().kl_weight) == pytest.approx(published / SHOWERS, rel=1e-5)
    assert batch.loss(1.0) != pytest.approx(published / SHOWERS, rel=1e-3)


def test_every_normalisation_tells_what_it_saw(batch: Batch) -> None:
    """Four in the encoder, four in the decoder."""
    cells, told, noise = (jnp.asarray(part) for part in (batch.cells, batch.told, batch.noise))
    assert len(losses(batch.model, cells, told, noise, 1.0, batch=True)[1]) == 8

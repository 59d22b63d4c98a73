# SPDX-License-Identifier: Apache-2.0
"""What a training minimises, and how Par04's own loss is weighted.

Par04 (Geant4 11.4, training_vae/core/model.py) adds two terms that are summed differently. Reconstruction is
Keras' ``BinaryCrossentropy(reduction=SUM)``: a mean over cells, summed over the batch, times the weight
ORIGINAL_DIM, which makes the mean over cells a sum. The Kullback-Leibler divergence is added by its own layer
as a mean over the batch. For one shower, its published weight is therefore 1 / batch size = 1/128 beside the
cross-entropy summed over cells, and that is the default of ``--kl_weight`` for every batch size. With the
weight of 1 that reading the two terms alike suggests, the latent numbers say next to nothing about a shower,
and generated showers are all alike: their total energy spreads far too little.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from training.vae.model import VAE, Statistics


def losses(
    model: VAE,
    cells: jax.Array,
    told: jax.Array,
    noise: jax.Array,
    kl_weight: float | jax.Array,
    *,
    batch: bool,
) -> tuple[jax.Array, list[Statistics]]:
    """Each shower's cross-entropy summed over cells, plus the weighted divergence.

    Args:
        model: The model.
        cells: Fractions of the incident energy, shape (showers, cells).
        told: Conditions, shape (showers, 4).
        noise: Standard normal numbers, shape (showers, latent_dim).
        kl_weight: Weight of the Kullback-Leibler divergence.
        batch: Normalise by this batch (training) or by stored statistics.

    Returns:
        Shape (showers,), and what the normalisations saw, encoder first.
    """
    mean, log_variance, seen = model.encode(cells, told, batch)
    latent = mean + jnp.exp(0.5 * log_variance) * noise
    logits, seen_decoding = model.decode(jnp.concatenate([latent, told], axis=1), batch)
    reconstruction = jnp.sum(jax.nn.softplus(logits) - logits * cells, axis=1)
    divergence = -0.5 * jnp.sum(1.0 + log_variance - mean**2 - jnp.exp(log_variance), axis=1)
    return reconstruction + kl_weight * divergence, seen + seen_decoding

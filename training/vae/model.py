# SPDX-License-Identifier: Apache-2.0
"""The conditional variational autoencoder of Geant4's example Par04, in JAX, and what its training minimises.

Order (dense, leaky ReLU, batch normalisation), initial kernels and, unless told otherwise, widths are those
published with the example (training_vae/core); at 18 x 50 x 45 cells that makes 8,155,796 numbers. One thing
differs: the bias of the last layer starts at the mean shower, where the published one starts at half of the
energy in every cell and spends its first epochs on coming down.

The layers are our own ten lines instead of equinox.nn: kernels drawn by NumPy need no compilation, and
normalising a batch as a whole compiles in 2.4 s instead of 7.4 s for a vmapped equinox.nn.BatchNorm (2,592
cells, two busy cores); a tuning pays for that in every trial.

Par04's loss (Geant4 11.4, training_vae/core/model.py) adds two terms that are summed differently.
Reconstruction is Keras' ``BinaryCrossentropy(reduction=SUM)``: a mean over cells, summed over the batch,
times the weight ORIGINAL_DIM, which makes the mean over cells a sum. The Kullback-Leibler divergence is added
by its own layer as a mean over the batch. For one shower, its published weight is therefore 1 / batch size =
1/128 beside the cross-entropy summed over cells, and that is the default of ``--kl_weight`` for every batch
size. With the weight of 1 that reading the two terms alike suggests, the latent numbers say next to nothing
about a shower, and generated showers are all alike: their total energy spreads far too little.
"""

from __future__ import annotations

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from training.geometry import Mesh
from training.scaling import CONDITIONS, Floats

LEAK = 0.2
EPSILON = 1e-3
KERNEL_SIGMA = 0.05

Statistics = tuple[jax.Array, jax.Array]
"""Mean and variance of a batch, as one normalisation saw them."""


class Dense(eqx.Module):
    """An affine map; kernels start normal, biases at zero."""

    kernel: jax.Array
    bias: jax.Array

    def __init__(self, size_in: int, size_out: int, random: np.random.Generator) -> None:
        self.kernel = jnp.asarray(random.normal(0.0, KERNEL_SIGMA, (size_in, size_out)), dtype=jnp.float32)
        self.bias = _filled(size_out, 0.0)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Map (rows, size_in) to (rows, size_out)."""
        return x @ self.kernel + self.bias


def _filled(size: int, value: float) -> jax.Array:
    """By NumPy, as the kernels: jnp.zeros would compile a program for each size."""
    return jnp.asarray(np.full(size, value, dtype=np.float32))


class Block(eqx.Module):
    """Dense layer, leaky ReLU, batch normalisation."""

    dense: Dense
    scale: jax.Array
    shift: jax.Array
    mean: jax.Array
    variance: jax.Array

    def __init__(self, size_in: int, size_out: int, random: np.random.Generator) -> None:
        self.dense = Dense(size_in, size_out, random)
        self.scale, self.shift = _filled(size_out, 1.0), _filled(size_out, 0.0)
        self.mean, self.variance = _filled(size_out, 0.0), _filled(size_out, 1.0)

    def __call__(self, x: jax.Array, batch: bool) -> tuple[jax.Array, Statistics]:
        """Normalise by the batch itself when training, else by the statistics that training left."""
        x = jax.nn.leaky_relu(self.dense(x), LEAK)
        mean, variance = (x.mean(axis=0), x.var(axis=0)) if batch else (self.mean, self.variance)
        return (x - mean) * jax.lax.rsqrt(variance + EPSILON) * self.scale + self.shift, (mean, variance)


def stacked(sizes: tuple[int, ...], random: np.random.Generator) -> tuple[Block, ...]:
    """Make blocks that follow each other."""
    return tuple(Block(size_in, size_out, random) for size_in, size_out in pairwise(sizes))


def through(blocks: tuple[Block, ...], x: jax.Array, batch: bool) -> tuple[jax.Array, list[Statistics]]:
    """Map the rows through every block, and return what each normalisation saw."""
    statistics = []
    for block in blocks:
        x, seen = block(x, batch)
        statistics.append(seen)
    return x, statistics


class VAE(eqx.Module):
    """Encoder and decoder, both told the conditions; `hidden` are the encoder's widths."""

    mesh: Mesh = eqx.field(static=True)
    latent_dim: int = eqx.field(static=True)
    hidden: tuple[int, ...] = eqx.field(static=True)
    encoder: tuple[Block, ...]
    latent_mean: Dense
    latent_log_variance: Dense
    decoder: tuple[Block, ...]
    output: Dense

    def __init__(self, mesh: Mesh, latent_dim: int, hidden: tuple[int, ...], seed: int) -> None:
        self.mesh, self.latent_dim, self.hidden = mesh, latent_dim, hidden
        random = np.random.default_rng(seed)
        self.encoder = stacked((mesh.cells + CONDITIONS, *hidden), random)
        self.latent_mean = Dense(hidden[-1], latent_dim, random)
        self.latent_log_variance = Dense(hidden[-1], latent_dim, random)
        self.decoder = stacked((latent_dim + CONDITIONS, *reversed(hidden)), random)
        self.output = Dense(hidden[0], mesh.cells, random)

    def encode(
        self, cells: jax.Array, told: jax.Array, batch: bool
    ) -> tuple[jax.Array, jax.Array, list[Statistics]]:
        """Return mean and logarithm of the variance of the latent distribution."""
        hidden, statistics = through(self.encoder, jnp.concatenate([cells, told], axis=1), batch)
        return self.latent_mean(hidden), self.latent_log_variance(hidden), statistics

    def decode(self, latent_and_told: jax.Array, batch: bool) -> tuple[jax.Array, list[Statistics]]:
        """Return the logits of the cells' fractions of the incident energy."""
        hidden, statistics = through(self.decoder, latent_and_told, batch)
        return self.output(hidden), statistics


def starting_at(model: VAE, mean_cells: Floats) -> VAE:
    """Let the last layer start at the mean shower."""
    share = np.clip(mean_cells, 1e-7, 1.0 - 1e-7)
    bias = jnp.asarray(np.log(share / (1.0 - share)), dtype=jnp.float32)
    started: VAE = eqx.tree_at(lambda m: m.output.bias, model, bias)
    return started


def statistics(model: VAE) -> list[Statistics]:
    """Return what is stored for use after training, encoder first."""
    return [(block.mean, block.variance) for block in (*model.encoder, *model.decoder)]


def with_statistics(model: VAE, seen: list[Statistics]) -> VAE:
    """Store what the normalisations saw, encoder first, for use after training."""
    normalised: VAE = eqx.tree_at(
        lambda model: jax.tree.leaves(statistics(model)), model, jax.tree.leaves(seen)
    )
    return normalised


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

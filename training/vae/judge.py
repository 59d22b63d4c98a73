# SPDX-License-Identifier: Apache-2.0
"""Judges a model on the validation set: its loss, and how far the showers that it generates are from it.

The same showers and the same noise for every epoch and every trial: only so are their numbers comparable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from training.data.dataset import Part, Showers, read, scaled
from training.geometry import Mesh, Point, geometry_named
from training.physics.observables import Array, energy_bins, observables, physics_distance, profiles
from training.scaling import Floats
from training.vae.model import VAE, losses
from training.vae.settings import Settings

SHOWERS = 2000
"""At most so many of the validation set are compared, the first of each point.

At 18 x 16 x 9 cells that takes 0.03 s, beside 0.07 s for the steps of an epoch of 2,000 showers (one core).
"""
BATCH = 256


def judge(part: Part, settings: Settings, *, limit: int | None) -> Callable[[VAE], tuple[float, float]]:
    """Return what gives a model's validation loss and physics distance.

    Args:
        part: The validation set.
        settings: Of the training.
        limit: The first so many showers of each point; None takes all, up to `SHOWERS` over all points.
    """
    by_point = dict(_first_of_each(part, limit))
    full = {point: _observed(point, showers.cells, part.mesh) for point, showers in by_point.items()}
    ends = np.cumsum([len(showers) for showers in by_point.values()])[:-1]
    cells = jnp.asarray(np.concatenate([showers.cells for showers in by_point.values()]))
    told = jnp.asarray(np.concatenate([showers.conditions for showers in by_point.values()]))
    ring = Mesh(part.mesh.r, 1, part.mesh.z)
    rows = _batches(len(cells))
    noise = np.random.default_rng(0).standard_normal((2, *rows.shape, settings.latent_dim), dtype=np.float32)

    def judged(model: VAE) -> tuple[float, float]:
        val_loss, over_phi = _judged(
            model, (cells, told, rows, *noise), jnp.float32(settings.kl_weight), shape=part.mesh.shape
        )
        parts = zip(full, np.split(np.asarray(over_phi), ends), strict=True)
        generated = {point: _observed(point, summed, ring) for point, summed in parts}
        return float(val_loss), physics_distance(full, generated)

    return judged


def _first_of_each(part: Part, limit: int | None) -> Iterator[tuple[Point, Showers]]:
    each = min(max(SHOWERS // len(part.counts), 1), limit or SHOWERS)
    first = [(point, range(min(each, count))) for point, count in part.counts.items()]
    for block in read(part, first):
        for narrow, rows in energy_bins(block.point, block.energies_gev):
            if rows.any():
                yield narrow, scaled(block.take(rows))


def _batches(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Rows of equal batches; the last one is filled up with the first showers, which count once."""
    size = min(BATCH, count)
    return np.resize(np.arange(count), math.ceil(count / size) * size).reshape(-1, size)


@partial(jax.jit, static_argnames="shape")
def _judged(
    model: VAE,
    data: tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array],
    kl_weight: jax.Array,
    *,
    shape: tuple[int, int, int],
) -> tuple[jax.Array, jax.Array]:
    """The mean loss, and generated showers summed over phi: no observable of the distance depends on it."""
    cells, told, rows, noise, latent = data

    def one(batch: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        chosen, drawn, latent = batch
        each, _ = losses(model, cells[chosen], told[chosen], drawn, kl_weight, batch=False)
        logits, _ = model.decode(jnp.concatenate([latent, told[chosen]], axis=1), batch=False)
        return each, jax.nn.sigmoid(logits).reshape(-1, *shape).sum(axis=2)

    each, over_phi = jax.lax.map(one, (rows, noise, latent))
    return each.reshape(-1)[: len(cells)].mean(), over_phi.reshape(-1, shape[0], shape[2])


def _observed(point: Point, fractions: Floats, mesh: Mesh) -> dict[str, Array]:
    return observables(*profiles(fractions.reshape(-1, *mesh.shape)), geometry_named(point.geometry))

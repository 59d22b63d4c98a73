# SPDX-License-Identifier: Apache-2.0
"""Samples of showers, each drawn once for all tests of one process."""

from __future__ import annotations

from functools import cache

import numpy as np

from training.geometry import Geometry, Mesh
from training.scaling import MEV_PER_GEV
from training.showers.draw import draw_showers
from training.showers.medium import Array, medium

RINGS = Mesh(18, 1, 45)
"""The full mesh without its 50 sectors: enough for what does not depend on phi, at a fraction of the time."""
ENERGIES = (1.0, 4.0, 16.0, 64.0, 256.0, 1024.0)


@cache
def fractions(
    geometry: Geometry, energy: float, angle: float = 90.0, *, count: int = 1500, mesh: Mesh = RINGS
) -> Array:
    """Showers as fractions of the electron's energy, shape (count, r, phi, z)."""
    showers = draw_showers(geometry, mesh, np.full(count, energy), angle, np.random.default_rng(1))
    cells: Array = showers.astype(np.float64) / (energy * MEV_PER_GEV)
    cells.flags.writeable = False
    return cells


def layer_x0(geometry: Geometry) -> float:
    """Thickness of one layer of the full mesh in radiation lengths."""
    return geometry.cell_z_mm / medium(geometry, 90.0).x0_mm


def depth_profile(cells: Array) -> Array:
    """Share of the deposits of each layer, the mean of all showers."""
    layers: Array = cells.sum(axis=(0, 1, 2))
    return np.asarray(layers / layers.sum())


def maximum_x0(geometry: Geometry, cells: Array) -> float:
    """Depth at which the mean shower deposits most, by a parabola through the three highest layers."""
    profile = depth_profile(cells)
    top = int(profile.argmax())
    before, at, after = profile[top - 1 : top + 2]
    return float((top + 0.5 + 0.5 * (before - after) / (before - 2.0 * at + after)) * layer_x0(geometry))


def depth_holding(geometry: Geometry, cells: Array, share: float) -> float:
    """Depth in radiation lengths that holds this share of what the mean shower deposits."""
    inside = np.concatenate([[0.0], np.cumsum(depth_profile(cells))])
    return float(np.interp(share, inside, np.arange(46) * layer_x0(geometry)))


def radial_integral(geometry: Geometry, cells: Array) -> tuple[Array, Array]:
    """Radii in mm, and the part of the electron's energy that the mean shower leaves inside them."""
    inside = np.concatenate([[0.0], np.cumsum(cells.sum(axis=(2, 3)).mean(axis=0))])
    return RINGS.r_edges(geometry), inside

# SPDX-License-Identifier: Apache-2.0
"""Draws whole showers on a mesh: energy in depth, sampling fluctuations, spots around the axis.

GFlash throws every spot by itself, some 50,000 for one shower of 1 TeV. Spots are independent, so the numbers
that fall into the cells are Poisson numbers whose means the radial profile gives in closed form: the same
distribution, at a cost that does not depend on the energy.

The second place where the angle enters (for the first see `training.showers.medium`): the mesh follows the
particle and the calorimeter's front face does not, so a part of the mesh lies in front of the face. What the
profile would put there is lost, as in GFlash, where spots outside the envelope make no hit. The cylinder's
curvature (inner radius 80 cm) is neglected.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc

from training.geometry import Geometry, Mesh
from training.scaling import MEV_PER_GEV
from training.showers.medium import Medium, medium
from training.showers.profiles import Array, Longitudinal, draw_longitudinal, radial, spots

FINEST_LAYERS = 45
"""Depth steps at least taken, whatever the mesh: each at most 0.8 radiation lengths."""
CELLS_AT_ONCE = 4_000_000
"""Bounds the memory of one chunk of showers to some 100 MB."""


def draw_showers(
    geometry: Geometry,
    mesh: Mesh,
    energy_gev: float,
    angle_deg: float,
    *,
    count: int,
    random: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Draw `count` showers of electrons.

    Args:
        geometry: The calorimeter.
        mesh: Cells along r, phi and z.
        energy_gev: Energy of the electron.
        angle_deg: Angle to the layers; 90 is perpendicular.
        count: How many showers.
        random: Where the randomness comes from.

    Returns:
        Energies in MeV, shape (count, r, phi, z): deposits in both materials, calibrated to the electron's
        energy but for what leaks out.
    """
    substance = medium(geometry, angle_deg)
    steps = math.ceil(FINEST_LAYERS / mesh.z)
    fine = Mesh(mesh.r, mesh.phi, mesh.z * steps)
    inside = fraction_inside(geometry, fine, angle_deg)
    size = max(1, CELLS_AT_ONCE // fine.cells)
    chunks = [
        _draw_chunk(geometry, fine, energy_gev, substance, inside, min(size, count - start), random)
        for start in range(0, count, size)
    ]
    cells = np.concatenate(chunks).reshape(count, mesh.r, mesh.phi, mesh.z, steps)
    return np.asarray(cells.sum(axis=-1), dtype=np.float32)


def fraction_inside(geometry: Geometry, mesh: Mesh, angle_deg: float, *, samples: int = 8) -> Array:
    """Fraction of each cell that lies behind the calorimeter's front face, shape (r, phi, z)."""
    middle = (np.arange(samples) + 0.5) / samples
    r = (np.arange(mesh.r)[:, None] + middle) * geometry.radius_mm / mesh.r
    phi = (np.arange(mesh.phi)[:, None] + middle) * 2.0 * np.pi / mesh.phi
    face = r[:, None, :, None] * np.cos(phi)[None, :, None, :] / math.tan(math.radians(angle_deg))
    edges = mesh.z_edges(geometry)
    behind = (edges[1:] - face[..., None]) / np.diff(edges)
    fraction: Array = np.clip(behind, 0.0, 1.0).mean(axis=(2, 3))
    return fraction


def energy_by_layer(shower: Longitudinal, depth_x0: Array) -> Array:
    """Fraction of each shower's energy between neighbouring depths, shape (showers, layers)."""
    below = gammainc(shower.alpha[:, None], shower.beta[:, None] * depth_x0[None, :])
    return np.asarray(np.diff(below, axis=1))


def fluctuate_sampling(energy_mev: Array, sampling_term: float, random: np.random.Generator) -> Array:
    """Replace each energy by a gamma number of the same mean and variance sampling_term**2 * energy.

    The term is in sqrt(GeV). Geant4 11.4 takes its square in MeV, and so fluctuates 32 times less.
    """
    scale = sampling_term**2 * MEV_PER_GEV
    return random.gamma(np.maximum(energy_mev, 1e-12) / scale) * scale


def _draw_chunk(
    geometry: Geometry,
    mesh: Mesh,
    energy_gev: float,
    substance: Medium,
    inside: Array,
    count: int,
    random: np.random.Generator,
) -> Array:
    depth = mesh.z_edges(geometry) / substance.x0_mm
    shower = draw_longitudinal(substance, energy_gev, count, random)
    energy = energy_by_layer(shower, depth) * energy_gev * MEV_PER_GEV
    energy = fluctuate_sampling(energy, substance.sampling_term, random)
    number, spot_profile = spots(substance, energy_gev, shower)
    expected = number * energy_by_layer(spot_profile, depth)

    profile = radial(substance, energy_gev, shower.tau((depth[1:] + depth[:-1]) / 2.0))
    rings = np.diff(profile.within(mesh.r_edges(geometry) / substance.moliere_mm), axis=-1)
    shares = _cell_shares(rings, inside)
    return _spread(energy, expected, shares, random).transpose(0, 2, 3, 1)


def _cell_shares(rings: Array, inside: Array) -> Array:
    """Chance of a spot of a layer to fall into each of its cells, shape (showers, z, r, phi)."""
    shares: Array = rings[:, :, :, None] * (inside / inside.shape[1]).transpose(2, 0, 1)[None]
    return shares


def _spread(energy: Array, expected: Array, shares: Array, random: np.random.Generator) -> Array:
    """Share each layer's energy among its cells by the number of spots that fall into them."""
    outside = np.clip(1.0 - shares.sum(axis=(2, 3)), 0.0, 1.0)
    spots_in = random.poisson(shares * expected[:, :, None, None])
    total = spots_in.sum(axis=(2, 3)) + random.poisson(outside * expected)
    empty = (total == 0) & (energy > 0.0)
    if empty.any():  # a layer's energy has to go somewhere: one spot, as in GFlash
        spots_in[empty] = _one_spot(shares[empty], outside[empty], random)
        total[empty] = 1
    spread: Array = spots_in * (energy / np.maximum(total, 1))[:, :, None, None]
    return spread


def _one_spot(shares: Array, outside: Array, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Throw one spot in each of the given layers; it may fall outside."""
    chances = np.concatenate([shares.reshape(len(shares), -1), outside[:, None]], axis=1)
    chances /= chances.sum(axis=1, keepdims=True)
    thrown = random.multinomial(1, chances)
    return thrown[:, :-1].reshape(shares.shape)

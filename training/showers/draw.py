# SPDX-License-Identifier: Apache-2.0
"""Draws whole showers on a mesh, in chunks, each by whichever way of spreading its energy is cheaper.

The energies of layers are spread over cells by spots around the axis. GFlash throws every spot by itself; the
first way does the same, for many showers at once. Its cost grows with the number of spots, 100,000 for one
shower of 1 TeV in SiW. Spots are independent, so the numbers that fall into the cells are Poisson numbers
whose means the radial profile gives in closed form: the second way costs as much as there are cells, whatever
the energy. Both have one distribution.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.geometry import Geometry, Mesh
from training.showers.medium import Array, Medium, fraction_inside, medium
from training.showers.profiles import Layers, draw_layers, spot_numbers

Cells = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]

FINEST_LAYERS = 45
"""Depth steps at least taken, whatever the mesh: each at most 0.8 radiation lengths."""
CELLS_PER_SPOT = 0.5
"""How many cells can be drawn in the time of one spot: measured by benchmarks/showers.py."""
AT_ONCE = 200_000
"""Spots, or cells, of one chunk of showers: its memory is some 20 MB (and 50 MB, once, for a tilted face)."""


def draw_showers(
    geometry: Geometry,
    mesh: Mesh,
    energies_gev: Array,
    angle_deg: float,
    random: np.random.Generator,
) -> Cells:
    """Draw one shower for each electron.

    Args:
        geometry: The calorimeter.
        mesh: Cells along r, phi and z.
        energies_gev: Energies of the electrons, above 0, shape (showers,).
        angle_deg: Angle to the layers; 90 is perpendicular.
        random: Where the randomness comes from.

    Returns:
        Energies in MeV, shape (showers, r, phi, z): deposits in both materials, calibrated to the electron's
        energy but for what leaks out.

    Raises:
        OptionError: The angle is impossible.
    """
    substance = medium(geometry, angle_deg)
    fine = Mesh(mesh.r, mesh.phi, mesh.z * math.ceil(FINEST_LAYERS / mesh.z))
    inside = None if angle_deg == 90.0 else fraction_inside(geometry, fine, angle_deg)
    grid = Grid(mesh, fine, geometry.radius_mm / mesh.r / substance.moliere_mm, inside)
    depths = fine.z_edges(geometry) / substance.x0_mm
    cells = np.zeros((len(energies_gev), *mesh.shape), dtype=np.float32)
    for rows, few in _plan(substance, energies_gev, fine.cells):
        spread = throw_spots if few else count_in_cells
        spread(draw_layers(substance, depths, energies_gev[rows], random), grid, random, cells, rows)
    return cells


def _plan(substance: Medium, energies: Array, cells: int) -> Iterator[tuple[Rows, bool]]:
    """Cut the showers into chunks of bounded cost; True marks those whose spots are few enough to throw."""
    spots = spot_numbers(substance, energies)
    few = spots * CELLS_PER_SPOT < cells
    costs = np.where(few, spots + FINEST_LAYERS, float(cells))
    for thrown in (True, False):
        rows = np.flatnonzero(few == thrown)
        chunk = np.cumsum(costs[rows]) // AT_ONCE
        for part in np.split(rows, np.flatnonzero(np.diff(chunk)) + 1):
            if len(part):
                yield part, thrown


@dataclass(frozen=True)
class Grid:
    """The mesh as the spots see it: the layers that are drawn may be finer than its cells in depth."""

    mesh: Mesh
    fine: Mesh
    ring: float  # width of one ring in Molière radii
    inside: Array | None  # fraction of each fine cell behind the front face, (r, phi, layers); None is all


def throw_spots(layers: Layers, grid: Grid, random: np.random.Generator, cells: Cells, rows: Rows) -> None:
    """Throw every spot at a random radius and angle, and add it to the cell in which it lies.

    The radius inverts the integral of the profile's components, v = r2 / (r2 + R2): r = R sqrt(v / (1 - v)).

    Args:
        layers: Showers by fine layer.
        grid: The cells.
        random: Where the randomness comes from.
        cells: All showers in MeV, shape (showers, r, phi, z), to which the spots are added.
        rows: Which of them these showers are.
    """
    mesh, shape = grid.mesh, layers.radial
    count = np.maximum(random.poisson(layers.spots), 1)  # a layer's energy has to go somewhere
    core = random.binomial(count, shape.core_weight)
    scale = np.stack([shape.core, shape.tail], axis=-1) / grid.ring
    numbers = np.stack([core, count - core], axis=-1)
    ring = _rings(scale.astype(np.float32).ravel(), numbers.ravel(), random)
    sector = random.integers(mesh.phi, size=len(ring))

    each = np.asarray(layers.energy_mev / count, dtype=np.float32)
    energy = np.repeat(each.ravel(), count.ravel())
    energy *= ring < mesh.r
    column = np.minimum(ring, mesh.r - 1) * mesh.phi + sector
    if grid.inside is not None:
        layer = np.repeat(np.tile(np.arange(grid.fine.z), len(rows)), count.ravel())
        energy *= random.random(len(ring)) < grid.inside.ravel()[column * grid.fine.z + layer]
    first = rows[:, None] * mesh.cells + np.arange(grid.fine.z) * mesh.z // grid.fine.z
    np.add.at(cells.reshape(-1), np.repeat(first.ravel(), count.ravel()) + column * mesh.z, energy)


def _rings(scales: Cells, numbers: Rows, random: np.random.Generator) -> Rows:
    """Throw so many spots of each scale (in rings); returns in which ring each of them lies."""
    uniform = random.random(int(numbers.sum()), dtype=np.float32)
    radius = np.sqrt(uniform / (np.float32(1.0) - uniform))
    radius *= np.repeat(scales, numbers)
    return radius.astype(np.intp)


def count_in_cells(layers: Layers, grid: Grid, random: np.random.Generator, cells: Cells, rows: Rows) -> None:
    """Draw how many spots fall into each cell, with the arguments of `throw_spots`."""
    edges: Array = np.arange(grid.mesh.r + 1, dtype=np.float64) * grid.ring
    shares = np.diff(layers.radial.within(edges), axis=-1)[:, :, :, None] / grid.mesh.phi
    inside = np.ones(grid.fine.shape) if grid.inside is None else grid.inside
    shares = shares * inside.transpose(2, 0, 1)
    outside = np.clip(1.0 - shares.sum(axis=(2, 3)), 0.0, 1.0)
    spots = random.poisson(shares * layers.spots[:, :, None, None])
    total = spots.sum(axis=(2, 3)) + random.poisson(outside * layers.spots)
    empty = total == 0
    if empty.any():
        spots[empty] = _one_spot(shares[empty], outside[empty], random)
        total[empty] = 1
    fine = spots * (layers.energy_mev / total)[:, :, None, None]
    coarse = fine.reshape(len(rows), grid.mesh.z, -1, grid.mesh.r, grid.mesh.phi).sum(axis=2)
    cells[rows] = coarse.transpose(0, 2, 3, 1)


def _one_spot(shares: Array, outside: Array, random: np.random.Generator) -> Rows:
    """Throw one spot in each of the given layers; it may fall outside."""
    chances = np.concatenate([shares.reshape(len(shares), -1), outside[:, None]], axis=1)
    chances /= chances.sum(axis=1, keepdims=True)
    thrown = random.multinomial(1, chances)
    return thrown[:, :-1].reshape(shares.shape)

# SPDX-License-Identifier: Apache-2.0
"""Spreads the energies of layers over cells, by spots around the axis: two ways, one distribution.

GFlash throws every spot by itself; the first way does the same, for many showers at once. Its cost grows with
the number of spots, 100,000 for one shower of 1 TeV in SiW. Spots are independent, so the numbers that fall
into the cells are Poisson numbers whose means the radial profile gives in closed form: the second way costs
as much as there are cells, whatever the energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.geometry import Mesh
from training.showers.layers import Layers
from training.showers.profiles import Array

Cells = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Grid:
    """The mesh as the spots see it; its layers are `steps` times finer than its cells in depth."""

    mesh: Mesh
    steps: int
    ring: float  # width of one ring in Molière radii
    inside: Array | None  # fraction of each fine cell behind the front face, (r, phi, z * steps); None is all

    @property
    def fine(self) -> Mesh:
        """The mesh with the layers' own depth."""
        return Mesh(self.mesh.r, self.mesh.phi, self.mesh.z * self.steps)


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
    first = rows[:, None] * mesh.cells + np.arange(grid.fine.z) // grid.steps
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
    coarse = fine.reshape(len(rows), grid.mesh.z, grid.steps, grid.mesh.r, grid.mesh.phi).sum(axis=2)
    cells[rows] = coarse.transpose(0, 2, 3, 1)


def _one_spot(shares: Array, outside: Array, random: np.random.Generator) -> Rows:
    """Throw one spot in each of the given layers; it may fall outside."""
    chances = np.concatenate([shares.reshape(len(shares), -1), outside[:, None]], axis=1)
    chances /= chances.sum(axis=1, keepdims=True)
    thrown = random.multinomial(1, chances)
    return thrown[:, :-1].reshape(shares.shape)

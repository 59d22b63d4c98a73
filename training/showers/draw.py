# SPDX-License-Identifier: Apache-2.0
"""Draws whole showers on a mesh, in chunks, each by whichever way of spreading its energy is cheaper."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from training.errors import OptionError
from training.geometry import Geometry, Mesh
from training.showers.face import fraction_inside
from training.showers.layers import draw_layers
from training.showers.medium import Medium, medium
from training.showers.profiles import Array, spot_numbers
from training.showers.spread import Cells, Grid, Rows, count_in_cells, throw_spots

FINEST_LAYERS = 45
"""Depth steps at least taken, whatever the mesh: each at most 0.8 radiation lengths."""
CELLS_PER_SPOT = 0.5
"""How many cells can be drawn in the time of one spot: measured by benchmarks/showers.py."""
AT_ONCE = 200_000
"""Spots, or cells, of one chunk of showers: its memory is some 20 MB (and 50 MB, once, for a tilted face)."""


def draw_showers(
    geometry: Geometry,
    mesh: Mesh,
    energies_gev: float | Array,
    angle_deg: float,
    *,
    count: int,
    random: np.random.Generator,
) -> Cells:
    """Draw `count` showers of electrons.

    Args:
        geometry: The calorimeter.
        mesh: Cells along r, phi and z.
        energies_gev: Energy of the electrons: one for all, or one for each, shape (count,).
        angle_deg: Angle to the layers; 90 is perpendicular.
        count: How many showers.
        random: Where the randomness comes from.

    Returns:
        Energies in MeV, shape (count, r, phi, z): deposits in both materials, calibrated to the electron's
        energy but for what leaks out.

    Raises:
        OptionError: An energy is not positive, there are not `count` of them, or the angle is impossible.
    """
    energies = _one_for_each(energies_gev, count)
    substance = medium(geometry, angle_deg)
    steps = math.ceil(FINEST_LAYERS / mesh.z)
    fine = Mesh(mesh.r, mesh.phi, mesh.z * steps)
    inside = None if angle_deg == 90.0 else fraction_inside(geometry, fine, angle_deg)
    grid = Grid(mesh, steps, geometry.radius_mm / mesh.r / substance.moliere_mm, inside)
    depths = fine.z_edges(geometry) / substance.x0_mm
    cells = np.zeros((count, *mesh.shape), dtype=np.float32)
    for rows, few in _plan(substance, energies, fine.cells):
        spread = throw_spots if few else count_in_cells
        spread(draw_layers(substance, depths, energies[rows], random), grid, random, cells, rows)
    return cells


def _one_for_each(energies_gev: float | Array, count: int) -> Array:
    energies = np.asarray(energies_gev, dtype=np.float64)
    if energies.shape not in ((), (count,)):
        raise OptionError(
            f"energies of shape {energies.shape} for {count} showers. Give one, or one for each."
        )
    impossible = energies[~(np.isfinite(energies) & (energies > 0.0))]
    if impossible.size:
        raise OptionError(f"energy {impossible.flat[0]:g} GeV is not possible. Give finite energies above 0.")
    return np.broadcast_to(energies, (count,))


def _plan(substance: Medium, energies: Array, cells: int) -> Iterator[tuple[Rows, bool]]:
    """Cut the showers into chunks of bounded cost; True marks those whose spots are few enough to throw."""
    spots = spot_numbers(substance, energies)
    few = spots * CELLS_PER_SPOT < cells
    for rows, costs, thrown in (
        (np.flatnonzero(few), spots[few] + FINEST_LAYERS, True),
        (np.flatnonzero(~few), np.full(int((~few).sum()), float(cells)), False),
    ):
        chunk = np.cumsum(costs) // AT_ONCE
        for part in np.split(rows, np.flatnonzero(np.diff(chunk)) + 1):
            if len(part):
                yield part, thrown

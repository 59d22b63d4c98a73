# SPDX-License-Identifier: Apache-2.0
"""The calorimeter's front face: the second place where the angle enters (for the first see `medium`).

The mesh follows the particle and the face does not, so at any angle but 90 degrees a part of the mesh lies
in front of the face. What the profile would put there is lost, as in GFlash, where spots outside the envelope
make no hit. The cylinder's curvature (inner radius 80 cm) is neglected.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from training.geometry import Geometry, Mesh
from training.showers.profiles import Array

SAMPLES = 8
"""Points along r and phi of each cell at which the face's depth is taken."""


@lru_cache(maxsize=10)
def fraction_inside(geometry: Geometry, mesh: Mesh, angle_deg: float) -> Array:
    """Fraction of each cell that lies behind the calorimeter's front face, shape (r, phi, z)."""
    middle = (np.arange(SAMPLES) + 0.5) / SAMPLES
    r = (np.arange(mesh.r)[:, None] + middle) * geometry.radius_mm / mesh.r
    phi = (np.arange(mesh.phi)[:, None] + middle) * 2.0 * np.pi / mesh.phi
    face = r[:, None, :, None] * np.cos(phi)[None, :, None, :] / math.tan(math.radians(angle_deg))
    edges = mesh.z_edges(geometry)
    behind = (edges[1:] - face[..., None]) / np.diff(edges)
    fraction: Array = np.clip(behind, 0.0, 1.0).mean(axis=(2, 3))
    fraction.flags.writeable = False  # it is kept for the next call
    return fraction

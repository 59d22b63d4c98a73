# SPDX-License-Identifier: Apache-2.0
"""A stack of layers seen as one medium: the numbers on which a shower's shape depends.

After G. Grindhammer and S. Peters, hep-ex/0001020: mixtures weighted by mass, the sampling frequency
F_S = X0 / (thickness of a layer) and e/mip. The angle enters in two places, by geometry alone.

A shower that crosses the layers at the angle theta to their plane meets each of them over
thickness / sin(theta), so F_S falls by sin(theta), and the sampling term, which goes with the root of the
thickness, grows by 1 / sqrt(sin(theta)). The mixture has no direction.

The mesh follows the particle and the calorimeter's front face does not, so at any angle but 90 degrees a part
of the mesh lies in front of the face. What the profile would put there is lost, as in GFlash, where spots
outside the envelope make no hit. The cylinder's curvature (inner radius 80 cm) is neglected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from training.errors import OptionError
from training.geometry import Geometry, Material, Mesh

Array = npt.NDArray[np.float64]

SCATTERING_MEV = 21.2
"""Es of multiple scattering; the Molière radius is X0 Es / Ec."""
SAMPLES = 8
"""Points along r and phi of each cell at which the face's depth is taken."""


@dataclass(frozen=True)
class Medium:
    """Effective quantities of a sampling calorimeter along one direction."""

    z: float
    x0_mm: float
    moliere_mm: float
    critical_mev: float
    sampling_frequency: float
    e_over_mip: float
    sampling_term: float  # sigma(E)/E = sampling_term / sqrt(E in GeV)


def critical_energy(material: Material) -> float:
    """Ec in MeV by Dovzhenko and Pomanskii: 2.66 (X0 Z / A)**1.1 with X0 in g/cm2.

    Geant4 11.4's GFlash has the same formula, but enters X0 as a length in mm; we follow the paper.
    """
    return 2.66 * math.pow(material.radiation_length * material.z / material.a, 1.1)


def sampling_term(geometry: Geometry) -> float:
    """Stochastic term by a rule of thumb: 2.7 % sqrt(active mm / sampling fraction of a mip).

    It gives 14.4 % for SciPb and 7.8 % for SiW. It fits lead and scintillator, where CDF measured 13.5 %; for
    silicon and tungsten CALICE measured 1.5 times as much as it gives (docs/explanation/showers.md).
    """
    active = geometry.active.minimum_ionisation * geometry.active.density * geometry.active_mm
    passive = geometry.absorber.minimum_ionisation * geometry.absorber.density * geometry.absorber_mm
    return 0.027 * math.sqrt(geometry.active_mm * (active + passive) / active)


def medium(geometry: Geometry, angle_deg: float) -> Medium:
    """Return the effective medium along a direction at `angle_deg` to the layers (90 is perpendicular).

    Raises:
        OptionError: The angle is outside (0, 90].
    """
    if not 0.0 < angle_deg <= 90.0:
        raise OptionError(f"angle {angle_deg:g} is not above 0 and at most 90 degrees. 90 is perpendicular.")
    slant = math.sin(math.radians(angle_deg))
    mass = (geometry.absorber.density * geometry.absorber_mm, geometry.active.density * geometry.active_mm)
    mixed = tuple(zip((part / sum(mass) for part in mass), (geometry.absorber, geometry.active), strict=True))
    inverse_x0 = sum(w / m.radiation_length for w, m in mixed)
    energy_loss = sum(w * critical_energy(m) / m.radiation_length for w, m in mixed)
    mm_per_g_cm2 = 10.0 * geometry.layer_mm / sum(mass)
    x0_mm = mm_per_g_cm2 / inverse_x0
    return Medium(
        z=sum(w * m.z for w, m in mixed),
        x0_mm=x0_mm,
        moliere_mm=mm_per_g_cm2 * SCATTERING_MEV / energy_loss,
        critical_mev=energy_loss / inverse_x0,
        sampling_frequency=x0_mm * slant / geometry.layer_mm,
        e_over_mip=1.0 / (1.0 + 0.007 * (geometry.absorber.z - geometry.active.z)),
        sampling_term=sampling_term(geometry) / math.sqrt(slant),
    )


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

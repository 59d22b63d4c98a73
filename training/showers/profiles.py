# SPDX-License-Identifier: Apache-2.0
"""Shapes of electromagnetic showers after G. Grindhammer and S. Peters, hep-ex/0001020, and their layers.

Depths t are in radiation lengths, radii in Molière radii, energies in GeV where a logarithm is taken and
y = E / Ec. Every constant was compared with Geant4 11.4's GFlash (source/parameterisations/gflash:
GFlashSamplingShowerTuning.hh, GVFlashHomoShowerTuning.hh and the two ShowerParameterisation.cc). Where they
part: k4 has 0.0421 ln E here and in CMSSW (EMECALShowerParametrization.h, after the same paper), 0.0412
in Geant4; energy and spots follow the sampling profile here, where Geant4 integrates the homogeneous one and
takes the homogeneous constants for the spots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc

from training.scaling import MEV_PER_GEV
from training.showers.medium import Array, Medium

LARGEST_SIGMA = 0.5
"""Geant4's bound on the width of ln T and ln alpha, whose formulas diverge at a few critical energies."""
SMALLEST_RADIUS = 1e-3


@dataclass(frozen=True)
class Longitudinal:
    """One gamma distribution in depth for each shower, with its maximum at (alpha - 1) / beta."""

    maximum: Array
    alpha: Array
    mean_alpha: Array

    @property
    def beta(self) -> Array:
        """Inverse scale of the gamma distribution."""
        return np.asarray((self.alpha - 1.0) / self.maximum)

    def tau(self, depth: Array) -> Array:
        """Depth in units of the shower's centre of gravity, scaled to the maximum of the mean shower."""
        centre = self.alpha / self.beta
        scale = self.mean_alpha / (self.mean_alpha - 1.0)
        return np.asarray(depth[None, :] / centre[:, None] * scale[:, None])


def draw_longitudinal(medium: Medium, energies_gev: Array, random: np.random.Generator) -> Longitudinal:
    """Draw the depth profile of one shower for each energy: ln T and ln alpha are normal and correlated."""
    log_y = np.log(energies_gev * MEV_PER_GEV / medium.critical_mev)
    mean_maximum = log_y - 0.812 - 0.55 / medium.sampling_frequency - 0.69 * (1.0 - medium.e_over_mip)
    mean_alpha = 0.81 + (0.458 + 2.26 / medium.z) * log_y - 0.476 / medium.sampling_frequency
    log_maximum, log_alpha = np.log(np.maximum(mean_maximum, 1.1)), np.log(np.maximum(mean_alpha, 1.2))
    sigma_maximum = np.minimum(LARGEST_SIGMA, 1.0 / np.maximum(-2.5 + 1.25 * log_y, 1e-6))
    sigma_alpha = np.minimum(LARGEST_SIGMA, 1.0 / np.maximum(-0.82 + 0.79 * log_y, 1e-6))
    correlation = 0.784 - 0.023 * log_y
    first, second = random.standard_normal((2, len(energies_gev)))
    second = correlation * first + np.sqrt(1.0 - correlation**2) * second
    maximum = np.maximum(np.exp(log_maximum + sigma_maximum * first), 1.0)
    alpha = np.maximum(np.exp(log_alpha + sigma_alpha * second), 1.1)
    return Longitudinal(maximum, alpha, np.exp(log_alpha))


@dataclass(frozen=True)
class Radial:
    """Core and tail: f(r) = p 2rRc2/(r2+Rc2)2 + (1-p) 2rRt2/(r2+Rt2)2, by shower and depth."""

    core: Array
    tail: Array
    core_weight: Array

    def within(self, radius: Array) -> Array:
        """Fraction of the energy inside each radius; the radii are the last axis."""
        square = radius**2
        core, tail, weight = self.core[..., None], self.tail[..., None], self.core_weight[..., None]
        return np.asarray(weight * square / (square + core**2) + (1.0 - weight) * square / (square + tail**2))


def radial(medium: Medium, energies_gev: Array, tau: Array) -> Radial:
    """Return the radial profile at scaled depths: of homogeneous media, then corrected for the layers.

    Args:
        medium: The calorimeter along the shower's direction.
        energies_gev: One for each shower, shape (showers,).
        tau: Scaled depths, shape (showers, layers).
    """
    log_energy = np.log(energies_gev)[:, None]
    core = 0.0251 + 0.00319 * log_energy + (0.1162 - 0.000381 * medium.z) * tau
    k1, k2, k3, k4 = 0.659 - 0.00309 * medium.z, 0.645, -2.59, 0.3585 + 0.0421 * log_energy
    tail = k1 * (np.exp(k3 * (tau - k2)) + np.exp(k4 * (tau - k2)))
    p1, p2, p3 = 2.632 - 0.00094 * medium.z, 0.401 + 0.00187 * medium.z, 1.313 - 0.0686 * log_energy
    weight = p1 * np.exp((p2 - tau) / p3 - np.exp((p2 - tau) / p3))

    layers, active = 1.0 / medium.sampling_frequency, 1.0 - medium.e_over_mip
    core = core - 0.0203 * active + 0.0397 * layers * np.exp(-tau)
    tail = tail - 0.14 * active - 0.495 * layers * np.exp(-tau)
    weight = weight + active * (0.348 - 0.642 * layers * np.exp(-((tau - 1.0) ** 2)))
    return Radial(
        core=np.maximum(core, SMALLEST_RADIUS),
        tail=np.maximum(tail, SMALLEST_RADIUS),
        core_weight=np.clip(weight, 0.0, 1.0),
    )


def spot_numbers(medium: Medium, energies_gev: Array) -> Array:
    """Mean number of energy spots of a shower: the fewer, the more it fluctuates around its axis."""
    return np.asarray(10.3 / medium.sampling_term * energies_gev**0.959)


def spot_profile(medium: Medium, shower: Longitudinal) -> Longitudinal:
    """Return where in depth the spots are: a little before the energy."""
    alpha = np.maximum(shower.alpha * (0.844 + 0.0026 * medium.z), 1.1)
    return Longitudinal(shower.maximum * (0.813 + 0.0019 * medium.z), alpha, shower.mean_alpha)


@dataclass(frozen=True)
class Layers:
    """Showers by layer, arrays of shape (showers, layers)."""

    energy_mev: Array
    spots: Array  # the mean number; at least one is thrown wherever there is energy
    radial: Radial


def draw_layers(medium: Medium, depths_x0: Array, energies_gev: Array, random: np.random.Generator) -> Layers:
    """Draw one shower for each energy.

    Args:
        medium: The calorimeter along the showers' direction.
        depths_x0: Where the layers begin and end, in radiation lengths.
        energies_gev: Energies of the electrons, shape (showers,).
        random: Where the randomness comes from.
    """
    shower = draw_longitudinal(medium, energies_gev, random)
    energy = energy_by_layer(shower, depths_x0) * energies_gev[:, None] * MEV_PER_GEV
    expected = energy_by_layer(spot_profile(medium, shower), depths_x0)
    return Layers(
        energy_mev=fluctuate_sampling(energy, medium.sampling_term, random),
        spots=expected * spot_numbers(medium, energies_gev)[:, None],
        radial=radial(medium, energies_gev, shower.tau((depths_x0[1:] + depths_x0[:-1]) / 2.0)),
    )


def energy_by_layer(shower: Longitudinal, depths_x0: Array) -> Array:
    """Fraction of each shower's energy between neighbouring depths, shape (showers, layers)."""
    below = gammainc(shower.alpha[:, None], shower.beta[:, None] * depths_x0[None, :])
    return np.asarray(np.diff(below, axis=1))


def fluctuate_sampling(energy_mev: Array, sampling_term: float, random: np.random.Generator) -> Array:
    """Replace each energy by a gamma number of the same mean and variance sampling_term**2 * energy.

    The term is in sqrt(GeV). Geant4 11.4 takes its square in MeV, and so fluctuates 32 times less.
    """
    scale = sampling_term**2 * MEV_PER_GEV
    return random.gamma(np.maximum(energy_mev, 1e-12) / scale) * scale

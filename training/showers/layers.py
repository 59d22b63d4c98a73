# SPDX-License-Identifier: Apache-2.0
"""What showers leave in each layer: their energies, fluctuated, and how many spots they fall into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc

from training.scaling import MEV_PER_GEV
from training.showers.medium import Medium
from training.showers.profiles import (
    Array,
    Longitudinal,
    Radial,
    draw_longitudinal,
    radial,
    spot_numbers,
    spot_profile,
)


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

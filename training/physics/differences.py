# SPDX-License-Identifier: Apache-2.0
"""Everything in which two samples of one point can differ, each as one number where 0 is equal.

Standard errors are those of the bootstrap: every statistic takes weights of showers, for all resamples at
once.
"""

from __future__ import annotations

import numpy as np

from training.physics.observables import (
    JUDGED,
    SPECTRUM,
    Array,
    Estimate,
    Sample,
    binned_wassersteins,
    separations,
    shares,
    spread,
    wassersteins,
)

NAMES = (
    "physics_distance",
    "energy_mean",
    "energy_sigma",
    "energy_resolution",
    *(
        f"{name}_{kind}"
        for name in (*JUDGED, "sparsity", "layers", "cells")
        for kind in ("wasserstein", "separation")
    ),
    "layers_correlation",
    "longitudinal_l1",
    "radial_l1",
)
MOST_BINS = 50
ROUNDING = 1e-6
"""Cells are single precision: what a layer's energy varies less than that, relatively, is no variation."""
RESAMPLES = 50
"""The error itself is then good to 1 / sqrt(2 * 50) = 10 %."""


def differences(full: Sample, other: Sample, random: np.random.Generator) -> dict[str, Estimate]:
    """Compare a sample with full simulation; what the `NAMES` mean stands in training/README.md."""
    weighted = weights(len(full), random), weights(len(other), random)
    found = {
        **_of_energy(full, other, *weighted),
        **_of_scalars(full, other, *weighted),
        **_of_layers(full, other, *weighted),
        **_of_profiles(full, other, *weighted),
        **_of_cells(full, other, *weighted),
    }
    found["physics_distance"] = np.mean([found[f"{name}_wasserstein"] for name in JUDGED], axis=0)
    return {name: estimate(found[name]) for name in NAMES}


def weights(showers: int, random: np.random.Generator, resamples: int = RESAMPLES) -> Array:
    """Say how often each shower stands in the sample and in its resamples.

    Returns:
        Whole numbers, shape (1 + resamples, showers). The first row is the sample itself.
    """
    drawn = random.multinomial(showers, np.full(showers, 1.0 / showers), size=resamples)
    return np.concatenate([np.ones((1, showers)), drawn])


def estimate(values: Array) -> Estimate:
    """Return the statistic of the sample, which is the first value, with the spread of its resamples'."""
    return Estimate(float(values[0]), float(np.std(values[1:])))


def histogram_edges(values: Array, others: int) -> Array:
    """Bin what the full sample covers: as many bins as the root of the smaller sample's size, 5 to 50."""
    bins = int(np.clip(np.sqrt(min(len(values), others)), 5, MOST_BINS))
    return np.linspace(values.min(), values.max(), bins + 1)


def correlations(layers: Array) -> Array:
    """Return the correlations of the layers' energies; those of a layer that never varies are 0."""
    coefficients: Array = _correlations(layers, np.ones((1, len(layers))))[0]
    return coefficients


def _of_energy(full: Sample, other: Sample, weights_full: Array, weights_other: Array) -> dict[str, Array]:
    mean_full, sigma_full = _mean_and_sigma(full.scalars["energy"], weights_full)
    mean_other, sigma_other = _mean_and_sigma(other.scalars["energy"], weights_other)
    return {
        "energy_mean": _relative(mean_other, mean_full),
        "energy_sigma": _relative(sigma_other, sigma_full),
        "energy_resolution": _relative(_over(sigma_other, mean_other), _over(sigma_full, mean_full)),
    }


def _of_scalars(full: Sample, other: Sample, weights_full: Array, weights_other: Array) -> dict[str, Array]:
    found = {}
    for name, values in full.scalars.items():
        compared = _compare(values, other.scalars[name], weights_full, weights_other)
        found[f"{name}_wasserstein"], found[f"{name}_separation"] = compared
    return found


def _of_layers(full: Sample, other: Sample, weights_full: Array, weights_other: Array) -> dict[str, Array]:
    compared = [
        _compare(full.layers[:, layer], other.layers[:, layer], weights_full, weights_other)
        for layer in range(full.layers.shape[1])
    ]
    distances, powers = np.mean(compared, axis=0)
    apart = _correlations(full.layers, weights_full) - _correlations(other.layers, weights_other)
    pairs = np.triu_indices(full.layers.shape[1], k=1)
    between = np.abs(apart[:, *pairs])
    return {
        "layers_wasserstein": distances,
        "layers_separation": powers,
        "layers_correlation": between.mean(axis=1) if between.size else np.zeros(len(between)),
    }


def _of_profiles(full: Sample, other: Sample, weights_full: Array, weights_other: Array) -> dict[str, Array]:
    def apart(first: Array, second: Array) -> Array:
        return np.asarray(np.abs(shares(weights_full @ first) - shares(weights_other @ second)).sum(axis=1))

    return {
        "longitudinal_l1": apart(full.layers, other.layers),
        "radial_l1": apart(full.rings, other.rings),
    }


def _of_cells(full: Sample, other: Sample, weights_full: Array, weights_other: Array) -> dict[str, Array]:
    first, second = weights_full @ full.spectrum, weights_other @ other.spectrum
    width = float(SPECTRUM[1] - SPECTRUM[0])
    return {
        "cells_wasserstein": binned_wassersteins(first, second, width),
        "cells_separation": separations(first, second),
    }


def _compare(first: Array, second: Array, weights_first: Array, weights_second: Array) -> tuple[Array, Array]:
    """Wasserstein distances in units of the first sample's spread, and separation powers."""
    inner = histogram_edges(first, len(second))[1:-1]
    distances = wassersteins(first, second, weights_first, weights_second) / spread(first)
    return distances, separations(
        _filled(first, weights_first, inner), _filled(second, weights_second, inner)
    )


def _filled(values: Array, weighted: Array, inner: Array) -> Array:
    """Histograms (rows, bins) between inner edges; the outermost bins are open."""
    filled: Array = weighted @ np.eye(len(inner) + 1)[np.searchsorted(inner, values, side="right")]
    return filled


def _mean_and_sigma(values: Array, weighted: Array) -> tuple[Array, Array]:
    shift = values.mean()
    means = weighted @ (values - shift) / len(values)
    squares = weighted @ (values - shift) ** 2 / len(values)
    return means + shift, np.sqrt(np.maximum(squares - means**2, 0.0))


def _correlations(layers: Array, weighted: Array) -> Array:
    """Shape (rows of weights, layers, layers)."""
    centred = layers - layers.mean(axis=0)
    means = weighted @ centred / len(layers)
    products = np.stack([(centred * row[:, None]).T @ centred for row in weighted]) / len(layers)
    covariances = products - means[:, :, None] * means[:, None, :]
    sigmas = np.sqrt(np.maximum(np.einsum("bii->bi", covariances), 0.0))
    varies = sigmas > ROUNDING * np.abs(layers).max(axis=0)
    scale = np.where(varies, sigmas, np.inf)
    coefficients: Array = covariances / scale[:, :, None] / scale[:, None, :]
    return coefficients


def _relative(values: Array, references: Array) -> Array:
    """Errors relative to the references; where a reference is 0, the error is 0 or 1."""
    none = references == 0.0
    return np.where(
        none, values != 0.0, np.abs(values - references) / np.where(none, 1.0, np.abs(references))
    )


def _over(values: Array, by: Array) -> Array:
    return values / np.where(by == 0.0, 1.0, by)

# SPDX-License-Identifier: Apache-2.0
"""Everything in which two samples of one point can differ, each as one number where 0 is equal.

Standard errors are those of the bootstrap: every statistic takes weights of showers, for all resamples at
once.
"""

from __future__ import annotations

import numpy as np

from training.physics.observables import (
    JUDGED,
    OBJECTIVE,
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

MOST_BINS = 50
ROUNDING = 1e-6
"""Cells are single precision: what a layer's energy varies less than that, relatively, is no variation."""
RESAMPLES = 50
"""The error itself is then good to 1 / sqrt(2 * 50) = 10 %."""

Weighted = tuple[Sample, Array]
"""A sample, and how often each of its showers counts: see `weights`."""


def differences(full: Sample, other: Sample, random: np.random.Generator) -> dict[str, Estimate]:
    """Compare a sample with full simulation; what the names mean stands in training/README.md."""
    both = (full, weights(len(full["energy"]), random)), (other, weights(len(other["energy"]), random))
    found = {**_of_energy(*both), **_of_distributions(*both), **_of_layers_and_rings(*both)}
    distance = np.mean([found[f"{name}_wasserstein"] for name in JUDGED], axis=0)
    return {name: estimate(values) for name, values in {OBJECTIVE: distance, **found}.items()}


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
    return np.asarray(_correlations(layers, np.ones((1, len(layers))))[0])


def _of_energy(full: Weighted, other: Weighted) -> dict[str, Array]:
    (mean, sigma), (other_mean, other_sigma) = (
        _mean_and_sigma(sample["energy"], weighted) for sample, weighted in (full, other)
    )
    return {
        "energy_mean": _relative(other_mean, mean),
        "energy_sigma": _relative(other_sigma, sigma),
        "energy_resolution": _relative(_over(other_sigma, other_mean), _over(sigma, mean)),
    }


def _of_distributions(full: Weighted, other: Weighted) -> dict[str, Array]:
    """Wasserstein distances and separation powers; those of the layers are means over the layers."""
    (first, of_first), (second, of_second) = full, other
    apart = {name: _compare(first[name], second[name], of_first, of_second) for name in (*JUDGED, "sparsity")}
    layers = zip(first["layers"].T, second["layers"].T, strict=True)
    apart["layers"] = np.mean([_compare(*layer, of_first, of_second) for layer in layers], axis=0)
    cells = of_first @ first["spectrum"], of_second @ second["spectrum"]
    width = float(SPECTRUM[1] - SPECTRUM[0])
    apart["cells"] = binned_wassersteins(*cells, width), separations(*cells)
    kinds = ("wasserstein", "separation")
    return {
        f"{name}_{kind}": values for name in apart for kind, values in zip(kinds, apart[name], strict=True)
    }


def _of_layers_and_rings(full: Weighted, other: Weighted) -> dict[str, Array]:
    first, second = (_correlations(sample["layers"], weighted) for sample, weighted in (full, other))
    pairs = np.triu_indices(first.shape[-1], k=1)
    between = np.abs(first - second)[:, *pairs]
    found = {"layers_correlation": between.mean(axis=1) if between.size else np.zeros(len(between))}
    for name, profile in {"longitudinal_l1": "layers", "radial_l1": "rings"}.items():
        of_full, of_other = (shares(weighted @ sample[profile]) for sample, weighted in (full, other))
        found[name] = np.abs(of_full - of_other).sum(axis=1)
    return found


def _compare(first: Array, second: Array, weights_first: Array, weights_second: Array) -> tuple[Array, Array]:
    """Wasserstein distances in units of the first sample's spread, and separation powers."""
    inner = histogram_edges(first, len(second))[1:-1]
    distances = wassersteins(first, second, weights_first, weights_second) / spread(first)
    filled = _filled(first, weights_first, inner), _filled(second, weights_second, inner)
    return distances, separations(*filled)


def _filled(values: Array, weighted: Array, inner: Array) -> Array:
    """Histograms (rows, bins) between inner edges; the outermost bins are open."""
    return np.asarray(weighted @ np.eye(len(inner) + 1)[np.searchsorted(inner, values, side="right")])


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
    return np.asarray(covariances / scale[:, :, None] / scale[:, None, :])


def _relative(values: Array, references: Array) -> Array:
    """Errors relative to the references; where a reference is 0, the error is 0 or 1."""
    none = references == 0.0
    return np.where(
        none, values != 0.0, np.abs(values - references) / np.where(none, 1.0, np.abs(references))
    )


def _over(values: Array, by: Array) -> Array:
    return values / np.where(by == 0.0, 1.0, by)

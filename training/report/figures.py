# SPDX-License-Identifier: Apache-2.0
"""What the figures show, as small as the page can carry it for every point; `template/draw.js` draws it.

Ratios, ranges and the agreement are worked out here, where they can be tested without a browser. A number
that cannot be drawn (not finite, a division by zero, zero on a logarithmic axis) is None: a gap.
"""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np

from training.physics.comparison import Comparison, Curve, Estimate
from training.physics.observables import Array
from training.report.numbers import text

DIGITS = 4
"""Significant ones of what is drawn: finer than a pixel."""
LEARNING_DIGITS = 7
"""A loss may fall in its fourth digit only, and its axis does not begin at 0."""
WINDOWS = (0.1, 0.2, 0.5, 1.0)
"""Half widths of the ratio's axis about 1."""
DECADES = 6
"""A logarithmic axis shows so many at most: below is what single cells of single showers say."""
MODEL, FLOOR = "generated", "floor"


def curve(given: Curve) -> dict[str, Any]:
    """Return one quantity with its three samples, and below it the ratios to full simulation."""
    samples = {"full": (given.full, given.full_error)}
    samples[MODEL] = (given.generated, given.generated_error)
    if np.isfinite(given.floor).any():
        samples[FLOOR] = (given.floor, given.floor_error)
    ratios = {name: _ratio(*samples[name], *samples["full"]) for name in samples if name != "full"}
    agreement = {name: _chi2_per_bin(*samples[name], *samples["full"]) for name in ratios}
    return {
        "name": given.name,
        "x": given.x_label,
        "y": given.y_label,
        "log": given.logarithmic,
        "edges": _numbers(given.edges),
        "range": _range(list(samples.values()), logarithmic=given.logarithmic),
        "samples": {name: [_numbers(part) for part in pair] for name, pair in samples.items()},
        "ratios": {name: [_numbers(part) for part in pair] for name, pair in ratios.items()},
        "window": _window(*ratios[MODEL]),
        "agreement": _told(agreement),
    }


def correlations(comparison: Comparison) -> dict[str, Any]:
    """Return both correlation matrices: the rows of their lower triangles, in percent, one after another."""
    return {
        "layers": len(comparison.correlations_full),
        "full": _percent(comparison.correlations_full),
        "generated": _percent(comparison.correlations_generated),
    }


def learning(table: str) -> dict[str, Any] | None:
    """Return a training's curves from its CSV text; None where it has no epoch."""
    rows = list(csv.DictReader(io.StringIO(table)))
    if not rows or "epoch" not in rows[0]:
        return None
    columns = {
        name: _numbers(np.array([_number(row[name]) for row in rows]), LEARNING_DIGITS)
        for name in rows[0]
        if isinstance(name, str)
    }
    epochs = columns.pop("epoch")
    distance = columns.pop("physics_distance", [])
    found = [pair for pair in zip(distance, epochs, strict=False) if None not in pair]
    kept = min(found)[1] if found else None
    return {"epochs": epochs, "losses": columns, "distance": distance, "kept": kept}


def _ratio(value: Array, error: Array, full: Array, full_error: Array) -> tuple[Array, Array]:
    """A sample over full simulation, bin by bin, and the standard error of that."""
    with np.errstate(all="ignore"):
        ratio = value / full
        return ratio, np.hypot(error, ratio * full_error) / np.abs(full)


def _chi2_per_bin(value: Array, error: Array, full: Array, full_error: Array) -> float | None:
    """Mean squared distance in standard errors, over the bins that have one."""
    variance = error**2 + full_error**2
    usable = (variance > 0.0) & np.isfinite(variance) & np.isfinite(value) & np.isfinite(full)
    if not usable.any():
        return None
    with np.errstate(over="ignore"):
        return float(np.mean((value[usable] - full[usable]) ** 2 / variance[usable]))


def _told(agreement: dict[str, float | None]) -> str:
    names = {MODEL: "model", FLOOR: "second full sample"}
    known = {name: Estimate(value) for name, value in agreement.items() if value is not None}
    return f"χ² per bin: {', '.join(f'{names[name]} {text(known[name])}' for name in known)}" if known else ""


def _window(ratio: Array, error: Array) -> float:
    """The smallest window with nine tenths of the bins whose ratio is known to a half; the rest is marked."""
    known = np.isfinite(ratio) & np.isfinite(error) & (error < 0.5)
    off = np.abs(ratio[known] - 1.0)
    return next((w for w in WINDOWS if len(off) and np.mean(off <= w) >= 0.9), WINDOWS[-1])


def _range(samples: list[tuple[Array, Array]], *, logarithmic: bool) -> list[float | None]:
    """The vertical axis, from 0 where that can be; a histogram's bars start at the bottom."""
    values, errors = (np.concatenate(parts) for parts in zip(*samples, strict=True))
    known = np.isfinite(values) & (values > 0.0 if logarithmic else True)
    if not known.any():
        return [0.1, 1.0] if logarithmic else [0.0, 1.0]
    low = float(values[known].min())
    high = float((values + np.nan_to_num(errors, posinf=0.0))[known].max())
    if logarithmic:
        return _numbers(np.array([max(low, high * 10.0**-DECADES) / 2.0, high * 3.0]))
    if low >= 0.0:
        return _numbers(np.array([0.0, high * 1.1 or 1.0]))
    margin = (high - low) * 0.1 or 1.0
    return _numbers(np.array([low - margin, high + margin]))


def _numbers(values: Array, digits: int = DIGITS) -> list[float | None]:
    """Shorten numbers for the page."""
    return [float(f"{value:.{digits}g}") if math.isfinite(value) else None for value in values.tolist()]


def _percent(matrix: Array) -> list[int | None]:
    triangle = matrix[np.tril_indices(len(matrix))]
    return [round(100.0 * value) if math.isfinite(value) else None for value in triangle.tolist()]


def _number(word: str | None) -> float:
    try:
        return float(word or "nan")
    except ValueError:
        return math.nan

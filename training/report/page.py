# SPDX-License-Identifier: Apache-2.0
"""The page: one HTML file that shows a whole evaluation without asking the network for anything.

What its figures show is as small as the page can carry it for every point; `template/draw.js` draws it.
Ratios, ranges and the agreement are worked out here, where they can be tested without a browser. A number
that cannot be drawn (not finite, a division by zero, zero on a logarithmic axis) is None: a gap.
"""

from __future__ import annotations

import csv
import io
import math
from importlib import resources
from typing import Any

import jinja2
import numpy as np
import plotly.offline
from markupsafe import Markup

from training.geometry import Point
from training.physics.compare import Comparison, Evaluation
from training.physics.curves import Curve
from training.physics.observables import Array, Estimate
from training.report import tables
from training.report.tables import text

DIGITS = 4
"""Significant ones of what is drawn: finer than a pixel."""
LEARNING_DIGITS = 7
"""A loss may fall in its fourth digit only, and its axis does not begin at 0."""
WINDOWS = (0.1, 0.2, 0.5, 1.0)
"""Half widths of the ratio's axis about 1."""
DECADES = 6
"""A logarithmic axis shows so many at most: below is what single cells of single showers say."""
MODEL, FLOOR = "generated", "floor"


def page(evaluation: Evaluation, *, curves: str | None = None) -> str:
    """Return the report of an evaluation.

    plotly.js makes 4.8 MB of it: of plotly.js' own smaller bundles Python's plotly brings none. Each point
    adds its numbers once; the figures are drawn of the point that is chosen.

    Args:
        evaluation: What was compared: at least one point.
        curves: The training's curves, CSV text with the columns epoch, loss, val_loss and physics_distance.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("training.report", "template"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    points = [_point(comparison) for comparison in evaluation.comparisons]
    return environment.get_template("page.html").render(
        verdict=tables.verdict(evaluation),
        rows=tables.rows(evaluation.metrics, evaluation.floor),
        choices=_choices(evaluation.comparisons),
        points=points,
        figures=list(dict.fromkeys(curve["name"] for point in points for curve in point["curves"])),
        worst=tables.worst(evaluation),
        learning=learning(curves) if curves else None,
        costs=tables.costs(evaluation.costs),
        facts=evaluation.facts,
        simulation=evaluation.simulation,
        plotly=Markup(plotly.offline.get_plotlyjs()),
        draw=_part("draw.js"),
        behaviour=_part("page.js"),
    )


def _point(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": ", ".join(_choice(comparison.point)),
        "choice": _choice(comparison.point),
        "showers": comparison.showers,
        "rows": [
            [row.name, row.model, row.floor, row.ratio]
            for row in tables.rows(comparison.differences, comparison.floor)
        ],
        "curves": [curve(one) for one in comparison.curves],
        "correlations": correlations(comparison),
    }


def _choice(point: Point) -> tuple[str, str, str]:
    """What is chosen: geometry, energy, angle."""
    energy = f"{point.energy_gev:.4g}"
    if point.highest_gev is not None:
        energy = f"{energy} to {point.highest_gev:.4g}"
    return point.geometry, f"{energy} GeV", f"{point.angle_deg:.4g}°"


def _choices(comparisons: tuple[Comparison, ...]) -> dict[str, list[str]]:
    """The values of each choice, in order of size."""
    points = [comparison.point for comparison in comparisons]
    by_energy = sorted(points, key=lambda point: (point.energy_gev, point.highest_gev or 0.0))
    by_angle = sorted(points, key=lambda point: point.angle_deg)
    return {
        "Geometry": list(dict.fromkeys(_choice(point)[0] for point in points)),
        "Energy": list(dict.fromkeys(_choice(point)[1] for point in by_energy)),
        "Angle": list(dict.fromkeys(_choice(point)[2] for point in by_angle)),
    }


def _part(name: str) -> Markup:
    return Markup((resources.files("training.report") / "template" / name).read_text("utf-8"))


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

# SPDX-License-Identifier: Apache-2.0
"""The page: one HTML file that shows a whole evaluation without asking the network for anything.

What its figures show is as small as the page can carry it for every point; `template/draw.js` draws it.
Ratios, ranges and the agreement are worked out here, where they can be tested without a browser. A number
that cannot be drawn (a division by zero) is None: a gap.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import jinja2
import numpy as np
import plotly.offline
from markupsafe import Markup

from training.errors import ModelError
from training.geometry import Point, plain
from training.physics.compare import Comparison, Evaluation
from training.physics.curves import Binned, Curve
from training.physics.observables import OBJECTIVE, Array, Estimate
from training.report import tables
from training.report.tables import text

DIGITS = 4
"""Significant ones of what is drawn: finer than a pixel."""
WINDOWS = (0.1, 0.2, 0.5, 1.0)
"""Half widths of the ratio's axis about 1."""
DECADES = 6
"""A logarithmic axis shows so many at most: below is what single cells of single showers say."""


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
    return environment.get_template("page.html").render(
        verdict=tables.verdict(evaluation),
        rows=tables.rows(evaluation.metrics, evaluation.floor),
        choices=_choices([comparison.point for comparison in evaluation.comparisons]),
        points=[_point(comparison) for comparison in evaluation.comparisons],
        worst=tables.worst(evaluation),
        learning=learning(curves) if curves else None,
        costs=tables.costs(evaluation.costs),
        facts=evaluation.facts,
        simulation=evaluation.simulation,
        plotly=Markup(plotly.offline.get_plotlyjs()),
    )


def _point(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": ", ".join(_choice(comparison.point)),
        "choice": _choice(comparison.point),
        "showers": comparison.showers,
        "rows": tables.rows(comparison.differences, comparison.floor),
        "curves": [curve(one) for one in comparison.curves],
        "correlations": {
            "layers": len(comparison.correlations_full),
            "full": _triangle(comparison.correlations_full),
            "generated": _triangle(comparison.correlations_generated),
        },
    }


def _choice(point: Point) -> tuple[str, str, str]:
    """What is chosen: geometry, energy, angle."""
    return point.geometry, point.energies, f"{plain(point.angle_deg)}°"


def _choices(points: Sequence[Point]) -> dict[str, list[str]]:
    """The values of each choice, in order of size."""
    by_energy, by_angle = (sorted(points, key=attrgetter(of)) for of in ("energy_gev", "angle_deg"))
    orders = {"Geometry": points, "Energy": by_energy, "Angle": by_angle}
    return {
        name: list(dict.fromkeys(_choice(point)[number] for point in order))
        for number, (name, order) in enumerate(orders.items())
    }


def curve(given: Curve) -> dict[str, Any]:
    """Return one quantity with its three samples, and below it the ratios to full simulation."""
    samples = {"full": given.full, "generated": given.generated, "floor": given.floor}
    ratios = {name: _ratio(samples[name], given.full) for name in ("generated", "floor")}
    return {
        "name": given.name,
        "x": given.x_label,
        "y": given.y_label,
        "log": given.logarithmic,
        "edges": _numbers(given.edges),
        "range": _range(list(samples.values()), logarithmic=given.logarithmic),
        "samples": {name: [_numbers(part) for part in pair] for name, pair in samples.items()},
        "ratios": {name: [_numbers(part) for part in pair] for name, pair in ratios.items()},
        "window": _window(*ratios["generated"]),
        "agreement": _agreement(given),
    }


def learning(table: str) -> dict[str, Any]:
    """Return the columns of a training's curves, and the epoch of the lowest distance, which is kept.

    Raises:
        ModelError: They are not what a training writes.
    """
    try:
        names, *rows = csv.reader(table.splitlines())
        columns = dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))
        kept = float(columns["epoch"][columns[OBJECTIVE].argmin()])
    except (ValueError, KeyError, csv.Error) as err:
        raise ModelError(f"learning curves are damaged ({err!r}). Export the model again.") from err
    return {**{name: values.tolist() for name, values in columns.items()}, "kept": kept}


def _ratio(sample: Binned, full: Binned) -> Binned:
    """A sample over full simulation, bin by bin, and the standard error of that."""
    (value, error), (reference, reference_error) = sample, full
    with np.errstate(all="ignore"):
        ratio = value / reference
        return ratio, np.hypot(error, ratio * reference_error) / np.abs(reference)


def _agreement(given: Curve) -> str:
    """Mean squared distances from full simulation in standard errors; nothing where no bin has an error."""
    told = []
    for name, (value, error) in {"model": given.generated, "second full sample": given.floor}.items():
        variance = error**2 + given.full[1] ** 2
        usable = variance > 0.0
        if usable.any():
            apart = np.mean((value - given.full[0])[usable] ** 2 / variance[usable])
            told.append(f"{name} {text(Estimate(float(apart)))}")
    return f"χ² per bin: {', '.join(told)}" if told else ""


def _window(ratio: Array, error: Array) -> float:
    """The smallest window with nine tenths of the bins whose ratio is known to a half; the rest is marked."""
    off = np.abs(ratio - 1.0)[np.isfinite(ratio) & (error < 0.5)]
    return next((w for w in WINDOWS if len(off) and np.mean(off <= w) >= 0.9), WINDOWS[-1])


def _range(samples: list[Binned], *, logarithmic: bool) -> list[float | None]:
    """The vertical axis: from 0, where the bars of a histogram start, unless it is logarithmic."""
    values, errors = (np.concatenate(parts) for parts in zip(*samples, strict=True))
    high = float((values + errors).max()) or 1.0
    if not logarithmic:
        return _numbers(np.array([0.0, high * 1.1]))
    low = float(values[values > 0.0].min(initial=high))
    return _numbers(np.array([max(low, high * 10.0**-DECADES) / 2.0, high * 3.0]))


def _numbers(values: Array) -> list[float | None]:
    """Shorten numbers for the page."""
    return [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in values.tolist()]


def _triangle(matrix: Array) -> list[int]:
    """Of a symmetric matrix the rows of its lower triangle, one after another, in percent."""
    return [round(100.0 * value) for value in matrix[np.tril_indices(len(matrix))].tolist()]

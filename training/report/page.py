# SPDX-License-Identifier: Apache-2.0
"""The page: one HTML file that shows a whole evaluation without asking the network for anything."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import jinja2
import plotly.offline
from markupsafe import Markup

from training.physics.comparison import Comparison, Evaluation
from training.point import Point
from training.report import figures, tables


def page(evaluation: Evaluation, *, curves: str | None = None, judged: Sequence[tables.Judged] = ()) -> str:
    """Return the report of an evaluation.

    plotly.js makes 4.8 MB of it: of plotly.js' own smaller bundles Python's plotly brings none. Each point
    adds its numbers once; the figures are drawn of the point that is chosen.

    Args:
        evaluation: What was compared: at least one point.
        curves: The training's curves, CSV text with the columns epoch, loss, val_loss and physics_distance.
        judged: The observables that have a threshold.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("training.report", "template"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    learning = figures.learning(curves) if curves else None
    points = [_point(comparison) for comparison in evaluation.comparisons]
    return environment.get_template("page.html").render(
        judged=sorted(judged, key=lambda each: each.passed),
        passed=tables.passed(judged),
        verdict=tables.verdict(evaluation),
        rows=tables.rows(evaluation.metrics, evaluation.floor),
        choices=_choices(evaluation.comparisons),
        points=points,
        figures=list(dict.fromkeys(curve["name"] for point in points for curve in point["curves"])),
        worst=tables.worst(evaluation),
        learning=learning,
        costs=tables.costs(evaluation.costs),
        facts=evaluation.facts,
        simulation=evaluation.simulation,
        style=_part("page.css"),
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
        "curves": [figures.curve(curve) for curve in comparison.curves],
        "correlations": figures.correlations(comparison),
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

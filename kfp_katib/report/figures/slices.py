# SPDX-License-Identifier: Apache-2.0
"""Slices: the objective over each parameter by itself, one small panel for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfp_katib.report.figures.figure import BLUE, INK, ORANGE, Figure, Plot, look
from kfp_katib.report.figures.parameter_axes import ParameterAxis, about_log, parameter_axes
from kfp_katib.report.figures.points import Point, drawable, how_many, points, sentences, thinned
from kfp_katib.report.figures.scale import Scale, scale
from kfp_katib.results import Result

_MOST_POINTS = 10_000
"""In all panels together; browsers draw so many in a second or two."""
_MOST, _LEAST = 1000, 200
_GOLDEN = 0.6180339887498949  # whose multiples spread evenly between whole numbers
_MOST_PANELS = 40
_CROWD = 100
_OTHERS = {"color": BLUE, "size": 7, "opacity": 0.75}
_BEST = {"color": ORANGE, "size": 12, "symbol": "star", "line": {"color": INK, "width": 1}}
_SPREAD = 0.5
"""How wide the points of one category lie apart, in places of the axis."""


def slices(result: Result) -> Figure | None:
    """The figure; None where fewer than two trials have a value, or no parameter has two values."""
    known = points(result)
    axes = [each for each in parameter_axes(result) if each.varies(point.trial for point in known)]
    if len(known) < 2 or not axes:
        return None
    shown = axes[:_MOST_PANELS]
    maximize = result.experiment.objective.type == "maximize"
    seen = scale([point.value for point in known], maximize=maximize)
    drawn = thinned(known, max(_LEAST, min(_MOST, _MOST_POINTS // len(shown))))
    plots = tuple(_panel(place, each, drawn, seen) for place, each in enumerate(shown))
    metric = result.experiment.objective.metric
    sentence = sentences(
        [
            f"The objective, {metric}, over each parameter by itself; the best trial is orange.",
            about_log(shown),
            how_many(len(shown), len(axes), "parameters", "the manifest's first ones"),
            seen.told_again(),
            how_many(len(drawn), len(known)),
        ]
    )
    return Figure("slices", "Slices", sentence, plots)


def _panel(number: int, along: ParameterAxis, drawn: Sequence[Point], seen: Scale) -> Plot:
    having = [point for point in drawn if along.place(point.trial.parameters.get(along.name)) is not None]
    best = [point for point in drawn if point.record][-1]
    groups = ([point for point in having if point is not best], [point for point in having if point is best])
    data = [
        _dots(group, along, seen, marker)
        for group, marker in zip(groups, (_OTHERS, _BEST), strict=True)
        if group
    ]
    layout = look(
        xaxis=along.axis(),
        yaxis=seen.axis("", nticks=5),
        margin={"t": 10, "b": 45, "l": 45, "r": 10},
        showlegend=False,
    )
    return Plot(f"slice-{number}", data, layout, height=210)


def _dots(
    group: Sequence[Point], along: ParameterAxis, seen: Scale, marker: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": along.name,
        "x": [_place(point, along) for point in group],
        "y": [seen.place(point.value) for point in group],
        "text": [f"{point.trial.name}: {point.text}" for point in group],
        "customdata": [point.trial.parameters[along.name] for point in group],
        "cliponaxis": False,
        "hovertemplate": "%{text}<br>%{fullData.name}: %{customdata}<extra></extra>",
        "marker": marker | ({"size": 5, "opacity": 0.5} if len(group) > _CROWD else {}),
    }


def _place(point: Point, along: ParameterAxis) -> float:
    """Where a point stands; those of one category side by side, always in the same way."""
    place = along.place(point.trial.parameters[along.name]) or 0.0
    beside = ((point.number * _GOLDEN) % 1.0 - 0.5) * _SPREAD if along.categories else 0.0
    return drawable(round(place + beside, 3) if along.categories else place)

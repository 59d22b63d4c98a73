# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates: a line for each trial, from its objective through its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kfp_katib.report.figures.figure import INK, ORANGE, Figure, Plot, look
from kfp_katib.report.figures.parameter_axes import ParameterAxis, cut, labels, parameter_axes, shares
from kfp_katib.report.figures.points import Point, how_many, points, sentences, thinned
from kfp_katib.report.figures.scale import Scale, scale
from kfp_katib.results import Result

MOST_LINES = 1000
_MOST_POINTS = 12_000
_WIDTH = 84
"""The least pixels from one axis to the next."""
_SHADES = ("#c3d5e8", "#9bbcdc", "#6fa1cd", "#4586bb", "#22699f", "#0b4d7e", "#06355a")
"""From the worst trials to the best: one hue, so that order is seen by everybody, and none of them white."""


def parallel_coordinates(result: Result) -> Figure | None:
    """The figure; None where fewer than two trials have a value, or none has a parameter."""
    known, axes = points(result), parameter_axes(result)
    if len(known) < 2 or not axes:
        return None
    objective = result.experiment.objective
    drawn = thinned(known, min(MOST_LINES, max(50, _MOST_POINTS // (len(axes) + 1))))
    seen = scale([point.value for point in known], maximize=objective.type == "maximize")
    heights: list[list[float | None]] = [[round(seen.share(point.value), 5) for point in drawn]]
    heights += [shares(axis, (point.trial.parameters.get(axis.name) for point in drawn)) for axis in axes]
    names = [objective.metric, *(axis.name for axis in axes)]
    data = [*_lines(drawn, heights, seen), *_hover(drawn, heights, names)]
    plot = Plot(
        "parallel-coordinates-plot",
        data,
        _layout(seen, objective.metric, axes),
        400,
        _WIDTH * (len(names) + 1),
    )
    sentence = sentences(
        [
            "Each line is a trial: the darker, the better; the best is orange.",
            _about_log(axes),
            seen.told(known),
            how_many(len(drawn), len(known)),
        ]
    )
    return Figure("parallel-coordinates", "Parallel coordinates", sentence, (plot,))


def _about_log(axes: Sequence[ParameterAxis]) -> str:
    log = [axis.name for axis in axes if axis.log]
    return f"Logarithmic: {', '.join(log)}." if log else ""


def _lines(
    drawn: Sequence[Point], heights: Sequence[Sequence[float | None]], seen: Scale
) -> Iterator[dict[str, Any]]:
    """One trace for each shade, the best trials last and so on top; a gap ends each line."""
    groups: list[list[int]] = [[] for _ in _SHADES]
    best = max(range(len(drawn)), key=lambda place: (_goodness(drawn[place], seen), -place))
    for place, point in enumerate(drawn):
        if place != best:
            groups[min(int(_goodness(point, seen) * len(_SHADES)), len(_SHADES) - 1)].append(place)
    opacity = 0.8 if len(drawn) < 100 else 0.45
    for shade, group in zip(_SHADES, groups, strict=True):
        if group:
            yield _line(group, heights, {"color": shade, "width": 1.5}, opacity)
    yield _line([best], heights, {"color": ORANGE, "width": 3.5}, 1.0)


def _goodness(point: Point, seen: Scale) -> float:
    share = seen.share(point.value)
    return share if seen.maximize else 1.0 - share


def _line(
    group: Sequence[int], heights: Sequence[Sequence[float | None]], line: dict[str, Any], opacity: float
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*range(len(heights)), None] * len(group),
        "y": [height for place in group for height in (*(axis[place] for axis in heights), None)],
        "line": line,
        "opacity": opacity,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _hover(
    drawn: Sequence[Point], heights: Sequence[Sequence[float | None]], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Points on each axis, seen only when pointed at: the trial, and the value with all its digits."""
    trials = [point.trial.name for point in drawn]
    for place, (name, axis) in enumerate(zip(names, heights, strict=True)):
        values = (point.trial.parameters.get(name, "") for point in drawn)
        yield {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [place] * len(drawn),
            "y": list(axis),
            "text": trials,
            "customdata": [point.text for point in drawn] if place == 0 else list(values),
            "hovertemplate": "%{text}<br>%{fullData.name}: %{customdata}<extra></extra>",
            "marker": {"opacity": 0, "size": 8},
            "showlegend": False,
        }


def _layout(seen: Scale, metric: str, axes: Sequence[ParameterAxis]) -> dict[str, Any]:
    quarters = [share / 4 for share in range(5)] if seen.high > seen.low else [0.5]
    of_objective = zip(quarters, labels([seen.value(share) for share in quarters], whole=False), strict=True)
    marks = [list(of_objective), *(axis.marks() for axis in axes)]
    texts = [
        {"x": place, "y": share, "text": text, "xanchor": "left", "xshift": 4, "showarrow": False}
        for place, column in enumerate(marks)
        for share, text in column
        if text
    ]
    hidden = {"visible": False, "fixedrange": True}
    return look(
        xaxis={
            "range": [-0.15, len(axes) + 0.6],
            "tickvals": list(range(len(marks))),
            "ticktext": [cut(name) for name in (metric, *(axis.name for axis in axes))],
            "side": "top",
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={**hidden, "range": [-0.05, 1.05]},
        margin={"t": 40, "b": 15, "l": 15, "r": 15},
        annotations=[_plain(text) for text in texts],
        shapes=[
            {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "line": {"color": INK, "width": 1}}
            for place in range(len(marks))
        ],
    )


def _plain(text: dict[str, Any]) -> dict[str, Any]:
    """A label on its own paper, legible above the lines."""
    return {**text, "font": {"size": 11}, "bgcolor": "rgba(255,255,255,0.7)", "borderpad": 1}

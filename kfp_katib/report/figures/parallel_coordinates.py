# SPDX-License-Identifier: Apache-2.0
"""Parallel coordinates: a line for each trial, from its objective through its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kfp_katib.report.figures.figure import INK, LABEL_PAPER, ORANGE, SHADES, Figure, Plot, look
from kfp_katib.report.figures.parameter_axes import (
    ParameterAxis,
    about_log,
    cut,
    labels,
    parameter_axes,
    shares,
)
from kfp_katib.report.figures.points import Point, how_many, points, sentences, thinned
from kfp_katib.report.figures.scale import Scale, scale
from kfp_katib.results import Result

MOST_LINES = 400
_MOST_POINTS = 6_000
_WIDTH = 84
"""The least pixels from one axis to the next."""
_BEGINS = (0.0, 0.35, 0.65, 0.85, 0.95)
"""With which part of the trials, from the worst, each shade begins: the best twentieth has the last."""
_CROWD = 60


def parallel_coordinates(result: Result) -> Figure | None:
    """The figure; None where fewer than two trials have a value, or none has a parameter."""
    known, axes = points(result), parameter_axes(result)
    if len(known) < 2 or not axes:
        return None
    objective = result.experiment.objective
    drawn = thinned(known, min(MOST_LINES, max(50, _MOST_POINTS // (len(axes) + 1))))
    seen = scale([point.value for point in known], maximize=objective.type == "maximize")
    heights: list[list[float | None]] = [[round(seen.share(point.value), 4) for point in drawn]]
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
            "Each line is a trial: the fainter, the worse; the best is orange.",
            about_log(axes),
            seen.told_again(),
            how_many(len(drawn), len(known)),
        ]
    )
    return Figure("parallel-coordinates", "Parallel coordinates", sentence, (plot,))


def _lines(
    drawn: Sequence[Point], heights: Sequence[Sequence[float | None]], seen: Scale
) -> Iterator[dict[str, Any]]:
    """One trace for each shade, the better trials later and so on top; a gap ends each line."""
    worst_first = sorted(range(len(drawn)), key=lambda place: _badness(drawn[place], seen), reverse=True)
    *others, best = worst_first
    crowd = len(drawn) > _CROWD
    ends = [*(int(share * len(others)) for share in _BEGINS), len(others)]
    for shade, begin, end in zip(SHADES, ends, ends[1:], strict=False):
        if begin < end:
            line = {"color": shade, "width": 1 if crowd else 1.8}
            yield _line(others[begin:end], heights, line, 0.6 if crowd else 0.9)
    yield _line([best], heights, {"color": ORANGE, "width": 3.5}, 1.0)


def _badness(point: Point, seen: Scale) -> tuple[float, int]:
    """What sorts trials from the best; of two equals the earlier one is the better."""
    return -point.value if seen.maximize else point.value, point.number


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
            "range": [-0.15, len(axes) + 0.4],
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
    return {**text, "font": {"size": 11}, "bgcolor": LABEL_PAPER, "borderpad": 1}

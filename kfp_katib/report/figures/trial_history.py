# SPDX-License-Identifier: Apache-2.0
"""History: the objective of every trial and the best so far; below, the trials that have no value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kfp_katib.report.figures.figure import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    Figure,
    Plot,
    axis,
    look,
)
from kfp_katib.report.figures.points import (
    Point,
    drawable,
    how_many,
    points,
    sentences,
    short,
    spread,
    thinned,
)
from kfp_katib.report.figures.scale import Scale, scale
from kfp_katib.report.words import exit_code
from kfp_katib.results import Result, Trial

MOST = 2000
_HOVER = "%{text}<br>%{customdata}<extra></extra>"
_CROWD = 200
_STRIP = 0.05
"""The part of the height for each kind of trial without a value."""
_WITHOUT = {
    "Failed": (RED, "x"),
    "Killed": (GREY, "square-open"),
    "No finite value": (PURPLE, "diamond-open"),
}
"""Which trials have no value, and how they are marked."""


def history(result: Result) -> Figure | None:
    """The figure; None where no trial has a value."""
    known = points(result)
    if not known:
        return None
    objective = result.experiment.objective
    seen = scale([point.value for point in known], maximize=objective.type == "maximize")
    drawn, without = thinned(known, MOST), _without(result)
    lanes = [kind for kind in _WITHOUT if kind in without]
    data = [
        *_values(drawn, seen),
        *(_marks(kind, lanes.index(kind), without[kind]) for kind in lanes),
    ]
    layout = _layout(seen, objective.metric, len(result.trials), lanes)
    goal = _goal(objective.goal, seen, layout)
    sentence = sentences(
        [
            "Every trial in order of creation, and the best so far.",
            goal,
            seen.told(known),
            how_many(len(drawn), len(known)),
        ]
    )
    return Figure("history", "History", sentence, (Plot("history-plot", data, layout),))


def _values(drawn: Sequence[Point], seen: Scale) -> Iterator[dict[str, Any]]:
    beyond = [point for point in drawn if seen.beyond(point.value)]
    shown = [point for point in drawn if not seen.beyond(point.value)]
    stopped = [point for point in shown if point.trial.state == "EarlyStopped"]
    ended = [point for point in shown if point.trial.state != "EarlyStopped"]
    edge = "triangle-down-open" if seen.maximize else "triangle-up-open"
    for name, group, colour, symbol in (
        ("Succeeded", ended, BLUE, "circle"),
        ("Stopped early", stopped, GREEN, "triangle-down"),
        ("Beyond the axis", beyond, BLUE, edge),
    ):
        if group:
            yield _dots(name, group, seen, {"color": colour, "symbol": symbol})
    yield _best_so_far(drawn)


def _dots(name: str, group: Sequence[Point], seen: Scale, mark: dict[str, str]) -> dict[str, Any]:
    crowd = len(group) > _CROWD
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [point.number for point in group],
        "y": [seen.place(point.value) for point in group],
        "text": [point.trial.name for point in group],
        "customdata": [point.text for point in group],
        "hovertemplate": _HOVER,
        "marker": {**mark, "size": 6 if crowd else 8, "opacity": 0.55 if crowd else 0.85},
    }


def _best_so_far(drawn: Sequence[Point]) -> dict[str, Any]:
    records = [point for point in drawn if point.record]
    best, last = records[-1], drawn[-1]
    line = [(point.number, point) for point in records] + [(last.number, best)] * (last is not best)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Best so far",
        "x": [number for number, _ in line],
        "y": [drawable(point.value) for _, point in line],
        "text": [point.trial.name for _, point in line],
        "customdata": [point.text for _, point in line],
        "hovertemplate": _HOVER,
        "line": {"color": ORANGE, "width": 2.5, "shape": "hv"},
    }


def _without(result: Result) -> dict[str, list[tuple[int, Trial]]]:
    """The trials that have ended without a value, by kind, with their numbers."""
    found: dict[str, list[tuple[int, Trial]]] = {}
    valued = {point.number for point in points(result)}
    for number, trial in enumerate(result.trials, 1):
        if trial.completed and number not in valued:
            kind = "Failed" if trial.failed else "Killed" if trial.state == "Killed" else "No finite value"
            found.setdefault(kind, []).append((number, trial))
    return found


def _marks(kind: str, lane: int, trials: Sequence[tuple[int, Trial]]) -> dict[str, Any]:
    colour, symbol = _WITHOUT[kind]
    chosen = spread(trials, MOST // 4)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{kind} ({len(trials):,})",
        "x": [number for number, _ in chosen],
        "y": [lane] * len(chosen),
        "yaxis": "y2",
        "text": [trial.name for _, trial in chosen],
        "customdata": [f"{trial.state}: {trial.reason}{exit_code(trial)}" for _, trial in chosen],
        "hovertemplate": _HOVER,
        "marker": {"color": colour, "symbol": symbol, "size": 7, "opacity": 0.85},
    }


def _layout(seen: Scale, metric: str, trials: int, lanes: Sequence[str]) -> dict[str, Any]:
    floor = _STRIP * len(lanes)
    margin = max(0.5, trials * 0.015)
    ends = [1 - margin, trials + margin]
    below = axis("Trial, in order of creation", range=ends, tickformat=",d", anchor="free", position=0)
    layout = look(xaxis=below, yaxis=seen.axis(metric, domain=[floor + 0.03 if lanes else 0, 1]))
    if trials <= 10:
        layout["xaxis"]["dtick"] = 1
    if lanes:
        strip = {"domain": [0, floor], "range": [-0.7, len(lanes) - 0.3]}
        layout["yaxis2"] = strip | {"visible": False, "fixedrange": True}
    return layout


def _goal(goal: float | None, seen: Scale, layout: dict[str, Any]) -> str:
    """Draw the goal where the axis shows it; otherwise say where it is."""
    if goal is None:
        return ""
    if not seen.low <= goal <= seen.high:
        return f"The goal {short(goal)} is not on the axis."
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal, "y1": goal}
    layout["shapes"] = [across | {"line": {"color": INK, "width": 1, "dash": "dash"}}]
    return "The dashed line is the goal."

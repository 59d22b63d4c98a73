# SPDX-License-Identifier: Apache-2.0
"""Learning curves: what each trial reported of the objective on its way, the best trial's bold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kfp_katib.report.figures.figure import BLUE, GREEN, GREY, ORANGE, RED, SKY, Figure, Plot, axis, look
from kfp_katib.report.figures.points import drawable, sentences, spread
from kfp_katib.report.figures.scale import Scale, scale
from kfp_katib.results import Result, Trial, ranked

_MOST_POINTS = 6_000
_MOST_CURVES = 300
_CROWD = 30
_DIGITS = 5
_KINDS = {
    "Succeeded": ("Succeeded", BLUE),
    "EarlyStopped": ("Stopped early", GREEN),
    "Failed": ("Failed", RED),
    "MetricsUnavailable": ("Failed", RED),
    "Killed": ("Killed", GREY),
    "Running": ("Running", SKY),
}
_HOVER = "%{text}<br>report %{x}: %{customdata}<extra></extra>"


def learning_curves(result: Result) -> Figure | None:
    """The figure; None where no trial's curve is known, or none has two points."""
    known = [trial for trial in result.trials if len(trial.curve) > 1]
    if not known:
        return None
    objective = result.experiment.objective
    drawn = _chosen(known, result)
    room = max(_MOST_POINTS // len(drawn), 2)
    best = [trial for trial in drawn if result.best and trial.name == result.best.name]
    seen = _scale(drawn, best, result)
    data = [*_traces([trial for trial in drawn if trial not in best], room), *map(_best, best)]
    layout = look(xaxis=axis("Number of the report", rangemode="tozero"), yaxis=seen.axis(objective.metric))
    sentence = sentences(
        [
            "What each trial reported on its way; the last report of each is a point.",
            "The best trial has no curve." if result.best and not best else "",
            _about(drawn, known, room),
            _cut(seen),
        ]
    )
    return Figure(
        "learning-curves", "Learning curves", sentence, (Plot("learning-curves-plot", data, layout),)
    )


def _scale(drawn: Sequence[Trial], best: Sequence[Trial], result: Result) -> Scale:
    """The best trial's curve is on the axis as a whole, and three quarters of the first reports."""
    maximize = result.experiment.objective.type == "maximize"
    firsts = sorted((trial.curve[0][1] for trial in drawn), reverse=maximize)
    whole = [value for trial in best for _, value in trial.curve]
    values = [value for trial in drawn for _, value in trial.curve]
    return scale(values, maximize=maximize, whole=[*whole, firsts[len(firsts) * 3 // 4]])


def _chosen(known: Sequence[Trial], result: Result) -> list[Trial]:
    """The best ones, and others evenly spread, where there are more than can be told apart."""
    if len(known) <= _MOST_CURVES:
        return list(known)
    good = {trial.name for trial in ranked(known, result.experiment.objective)[: _MOST_CURVES // 4]}
    others = spread([trial for trial in known if trial.name not in good], _MOST_CURVES - len(good))
    kept = good | {trial.name for trial in others}
    return [trial for trial in known if trial.name in kept]


def _traces(drawn: Sequence[Trial], room: int) -> Iterator[dict[str, Any]]:
    crowd = len(drawn) > _CROWD
    for kind in dict.fromkeys(name for name, _ in _KINDS.values()):
        group = [trial for trial in drawn if _KINDS.get(trial.state, ("", ""))[0] == kind]
        colour = next(colour for name, colour in _KINDS.values() if name == kind)
        if group:
            yield _lines(kind, group, room) | {
                "line": {"color": colour, "width": 0.8 if crowd else 1.5},
                "opacity": 0.4 if crowd else 0.8,
            }
            yield _ends(kind, group, colour)


def _best(trial: Trial) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(trial.curve) < 20 else "lines",
        "name": "Best trial",
        "x": [step for step, _ in trial.curve],
        "y": [value for _, value in trial.curve],
        "text": [trial.name] * len(trial.curve),
        "customdata": [repr(value) for _, value in trial.curve],
        "hovertemplate": _HOVER,
        "line": {"color": ORANGE, "width": 3.5},
    }


def _lines(kind: str, group: Sequence[Trial], room: int) -> dict[str, Any]:
    """One trace for all curves of a kind; a gap ends each."""
    points = [point for trial in group for point in (*_thinned(trial.curve, room), (None, None))]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": kind,
        "legendgroup": kind,
        "x": [step for step, _ in points],
        "y": [None if value is None else float(f"{value:.{_DIGITS}g}") for _, value in points],
        "hoverinfo": "skip",
    }


def _ends(kind: str, group: Sequence[Trial], colour: str) -> dict[str, Any]:
    lasts = [trial.curve[-1] for trial in group]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": kind,
        "legendgroup": kind,
        "showlegend": False,
        "x": [step for step, _ in lasts],
        "y": [drawable(value) for _, value in lasts],
        "text": [trial.name for trial in group],
        "customdata": [repr(value) for _, value in lasts],
        "hovertemplate": _HOVER,
        "marker": {"color": colour, "size": 5, "opacity": 0.8},
    }


def _thinned(curve: Sequence[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    """The curve with its first and last point, and so many others at even distances."""
    return [*spread(curve[:-1], most - 1), curve[-1]]


def _about(drawn: Sequence[Trial], known: Sequence[Trial], room: int) -> str:
    if len(drawn) < len(known):
        return f"{len(drawn):,} of {len(known):,} curves are drawn, {room} points of each."
    return f"Of each, {room} points are drawn." if any(len(trial.curve) > room for trial in drawn) else ""


def _cut(seen: Scale) -> str:
    if not seen.clipped:
        return ""
    return (
        f"The axis ends at {seen.end}, so that the good ones can be told apart; curves leave it beyond that."
    )

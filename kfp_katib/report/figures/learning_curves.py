# SPDX-License-Identifier: Apache-2.0
"""Learning curves: what each trial reported of the objective on its way, the best trial's bold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kfp_katib.report.figures.figure import BLUE, GREEN, GREY, ORANGE, RED, Figure, Plot, axis, look
from kfp_katib.report.figures.points import drawable, sentences, short, spread
from kfp_katib.report.figures.scale import Scale, scale
from kfp_katib.results import Result, Trial, ranked

_MOST_POINTS = 12_000
_MOST_CURVES = 600
_LEAST_POINTS = 12
"""Of each curve, however many there are."""
_KINDS = {
    "Succeeded": ("Succeeded", BLUE),
    "EarlyStopped": ("Stopped early", GREEN),
    "Failed": ("Failed", RED),
    "MetricsUnavailable": ("Failed", RED),
    "Killed": ("Killed", GREY),
    "Running": ("Running", GREY),
}


def learning_curves(result: Result) -> Figure | None:
    """The figure; None where no trial's curve is known, or none has two points."""
    known = [trial for trial in result.trials if len(trial.curve) > 1]
    if not known:
        return None
    objective = result.experiment.objective
    drawn = _chosen(known, result)
    room = max(_LEAST_POINTS, _MOST_POINTS // len(drawn))
    values = [value for trial in drawn for _, value in trial.curve]
    seen = scale(values, maximize=objective.type == "maximize")
    best = [trial for trial in drawn if result.best and trial.name == result.best.name]
    data = [*_traces([trial for trial in drawn if trial not in best], seen, room), *_best(best, seen)]
    layout = look(
        xaxis=axis("Report, as the trial counts them", rangemode="tozero"), yaxis=seen.axis(objective.metric)
    )
    sentence = sentences(
        [
            "What each trial reported on its way; the last report of each is a point.",
            "" if best else "The best trial has no curve.",
            _about(drawn, known, room),
            _cut(seen),
        ]
    )
    return Figure(
        "learning-curves", "Learning curves", sentence, (Plot("learning-curves-plot", data, layout),)
    )


def _chosen(known: Sequence[Trial], result: Result) -> list[Trial]:
    """The best ones, and others evenly spread, where there are more than can be told apart."""
    if len(known) <= _MOST_CURVES:
        return list(known)
    good = {trial.name for trial in ranked(known, result.experiment.objective)[: _MOST_CURVES // 4]}
    others = spread([trial for trial in known if trial.name not in good], _MOST_CURVES - len(good))
    kept = good | {trial.name for trial in others}
    return [trial for trial in known if trial.name in kept]


def _traces(drawn: Sequence[Trial], seen: Scale, room: int) -> Iterator[dict[str, Any]]:
    opacity = 0.7 if len(drawn) < 30 else 0.35
    for kind in dict.fromkeys(name for name, _ in _KINDS.values()):
        group = [trial for trial in drawn if _KINDS.get(trial.state, ("", ""))[0] == kind]
        colour = next(colour for name, colour in _KINDS.values() if name == kind)
        if group:
            yield _lines(kind, group, seen, room) | {
                "line": {"color": colour, "width": 1.2},
                "opacity": opacity,
            }
            yield _ends(kind, group, seen, colour)


def _best(trials: Sequence[Trial], seen: Scale) -> Iterator[dict[str, Any]]:
    for trial in trials:
        yield {
            "type": "scatter",
            "mode": "lines+markers" if len(trial.curve) < 40 else "lines",
            "name": "Best trial",
            "x": [step for step, _ in trial.curve],
            "y": [seen.place(value) for _, value in trial.curve],
            "text": [trial.name] * len(trial.curve),
            "customdata": [repr(value) for _, value in trial.curve],
            "hovertemplate": "%{text}<br>report %{x}: %{customdata}<extra></extra>",
            "line": {"color": ORANGE, "width": 3.5},
        }


def _lines(kind: str, group: Sequence[Trial], seen: Scale, room: int) -> dict[str, Any]:
    """One trace for all curves of a kind; a gap ends each."""
    curves = [[*_thinned(trial.curve, room), None] for trial in group]
    points = [point for curve in curves for point in curve]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": kind,
        "legendgroup": kind,
        "x": [point[0] if point else None for point in points],
        "y": [seen.place(point[1]) if point else None for point in points],
        "hoverinfo": "skip",
    }


def _ends(kind: str, group: Sequence[Trial], seen: Scale, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": kind,
        "legendgroup": kind,
        "showlegend": False,
        "x": [trial.curve[-1][0] for trial in group],
        "y": [seen.place(trial.curve[-1][1]) for trial in group],
        "text": [trial.name for trial in group],
        "customdata": [repr(trial.curve[-1][1]) for trial in group],
        "hovertemplate": "%{text}<br>report %{x}: %{customdata}<extra></extra>",
        "marker": {"color": colour, "size": 5, "opacity": 0.8},
    }


def _thinned(curve: Sequence[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    """The curve with its first and last point, and so many others at even distances."""
    return [*spread(curve[:-1], most - 1), curve[-1]]


def _about(drawn: Sequence[Trial], known: Sequence[Trial], room: int) -> str:
    longest = max(len(trial.curve) for trial in drawn)
    curves = (
        f"{len(drawn):,} of {len(known):,} curves are drawn, the best among them"
        if len(drawn) < len(known)
        else ""
    )
    of_each = f"at most {room} points of each" if longest > room else ""
    return f"{', '.join(filter(None, (curves, of_each)))}." if curves or of_each else ""


def _cut(seen: Scale) -> str:
    if not seen.clipped:
        return ""
    edge = short(drawable(seen.low if seen.maximize else seen.high))
    return (
        f"The axis ends at {edge}, so that the good ones can be told apart: what is worse lies at its edge."
    )

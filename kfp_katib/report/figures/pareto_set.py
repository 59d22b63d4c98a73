# SPDX-License-Identifier: Apache-2.0
"""The Pareto set of a search with several objectives: every trial over two of them, a panel for each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from kfp_katib.report.columns import cut
from kfp_katib.report.figures.figure import BLUE, INK, ORANGE, Figure, Plot, look
from kfp_katib.report.figures.points import how_many, sentences, spread
from kfp_katib.report.figures.scale import Scale, scale
from kfp_katib.report.trade_off import ROWS, trade_off
from kfp_katib.results import Result, Trial, metric_text, metric_value
from kfp_katib.results.brief import figures

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective

NAME = "pareto-set"
_MOST = 2_000
_ALL_PAIRS = 4
"""Of so many metrics each pair has a panel: six. Of more, each has one with the objective alone."""
_MOST_PANELS = 12
_CROWD = 200
_BEYOND = "Beyond an axis"
_OTHERS = {"color": BLUE, "size": 8, "opacity": 0.6}
_SMALL = {"size": 5, "opacity": 0.45}
_MEMBERS = {"color": ORANGE, "size": 9, "line": {"color": INK, "width": 1}}
_BEST = {"color": ORANGE, "size": 15, "symbol": "star", "line": {"color": INK, "width": 1}}


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the panels share.

    Attributes:
        objective: The metrics.
        axes: Their axes, in their order.
        members: The Pareto set, as far as it is drawn.
        groups: The trials that look alike, by what the legend calls them, the later ones on top.
        markers: What each group looks like.
    """

    objective: Objective
    axes: Mapping[str, Scale]
    members: Sequence[Trial]
    groups: Mapping[str, Sequence[Trial]]
    markers: Mapping[str, dict[str, Any]]

    def places(self, trials: Sequence[Trial], name: str) -> list[float]:
        """Where trials stand along a metric's axis."""
        axis = self.axes[name]
        return [axis.place(value) for value in _values(trials, name, self.objective)]


def pareto_set(result: Result) -> Figure | None:
    """The figure; None where `trade_off` is. Without a member it says so, and draws nothing."""
    told = trade_off(result, ROWS)
    if told is None:
        return None
    if not told.members:
        return Figure(NAME, "Pareto set", told.sentence)
    objective = result.experiment.objective
    known = [
        trial for trial in result.trials if all(_values([trial], name, objective) for name in told.metrics)
    ]
    axes = {name: _axis(name, known, told.members, objective) for name in told.metrics}
    shown = _shown(result, known, told.members, axes)
    pairs = _pairs(told.metrics)
    others = len(known) - len(told.members)
    sentence = sentences(
        [
            told.sentence,
            f"The set is orange; the star is the best by {objective.metric} alone.",
            "An open circle lies beyond the end of an axis." if _BEYOND in shown.groups else "",
            _about_pairs(pairs, told.metrics),
            how_many(min(others, _MOST), others, "other trials"),
            how_many(len(shown.members), len(told.members), "trials of the set"),
        ]
    )
    plots = tuple(_panel(number, pair, shown) for number, pair in enumerate(pairs))
    return Figure(NAME, "Pareto set", sentence, plots, panel_rem=21)


def _values(trials: Sequence[Trial], name: str, objective: Objective) -> list[float]:
    """The trials' values of a metric, as far as they are finite."""
    values = (metric_value(trial, name, objective) for trial in trials)
    return [value for value in values if value is not None]


def _axis(name: str, known: Sequence[Trial], members: Sequence[Trial], objective: Objective) -> Scale:
    """Its end leaves out what is far off, but no member."""
    return scale(
        _values(known, name, objective),
        maximize=objective.directions[name] == "maximize",
        whole=_values(members, name, objective),
    )


def _shown(
    result: Result, known: Sequence[Trial], members: Sequence[Trial], axes: Mapping[str, Scale]
) -> _Shown:
    objective, best = result.experiment.objective, result.best.name if result.best else ""
    inside = {trial.name for trial in members}
    others = spread([trial for trial in known if trial.name not in inside], _MOST)
    beyond = {trial.name for trial in others if _is_beyond(trial, axes, objective)}
    drawn = spread(members, _MOST)
    dots = _OTHERS | (_SMALL if len(others) > _CROWD else {})
    groups = {
        "Other trials": ([each for each in others if each.name not in beyond], dots),
        _BEYOND: ([each for each in others if each.name in beyond], {**dots, "symbol": "circle-open"}),
        "Pareto set": (drawn, _MEMBERS),
        f"Best {cut(objective.metric)}": ([each for each in known if each.name == best], _BEST),
    }
    there = {name: trials for name, (trials, _) in groups.items() if trials}
    return _Shown(objective, axes, drawn, there, {name: marker for name, (_, marker) in groups.items()})


def _is_beyond(trial: Trial, axes: Mapping[str, Scale], objective: Objective) -> bool:
    return any(
        axis.beyond(value) for name, axis in axes.items() for value in _values([trial], name, objective)
    )


def _pairs(metrics: Sequence[str]) -> list[tuple[str, str]]:
    """Which two metrics each panel has: up its height and along its width."""
    if len(metrics) <= _ALL_PAIRS:
        return list(combinations(metrics, 2))
    return [(metrics[0], name) for name in metrics[1 : _MOST_PANELS + 1]]


def _about_pairs(pairs: Sequence[tuple[str, str]], metrics: Sequence[str]) -> str:
    """What the panels leave out."""
    if len(metrics) <= _ALL_PAIRS:
        return ""
    count = how_many(len(pairs), len(metrics) - 1, "additional metrics", "the manifest's first ones")
    return sentences([f"Each panel has {metrics[0]} and one of the others.", count])


def _panel(number: int, pair: tuple[str, str], shown: _Shown) -> Plot:
    alone = len(shown.axes) == 2
    data = [_edge(pair, shown)] if alone else []
    data += (_dots(name, pair, shown) for name in shown.groups)
    up, along = (shown.axes[name].axis(_title(name, shown.objective), nticks=5) for name in pair)
    margin = {"t": 30 if alone else 10, "b": 50, "l": 60, "r": 15}
    layout = look(xaxis=along, yaxis=up, showlegend=alone, margin=margin)
    return Plot(f"{NAME}-{number}", data, layout, height=400 if alone else 280)


def _title(name: str, objective: Objective) -> str:
    return f"{cut(name)} ({objective.directions[name]})"


def _dots(name: str, pair: tuple[str, str], shown: _Shown) -> dict[str, Any]:
    (up, along), trials = pair, shown.groups[name]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": shown.places(trials, along),
        "y": shown.places(trials, up),
        "text": [trial.name for trial in trials],
        "customdata": [_told(trial, shown.objective) for trial in trials],
        "cliponaxis": False,
        "hovertemplate": "%{text}<br>%{customdata}<extra></extra>",
        "marker": shown.markers[name],
    }


def _told(trial: Trial, objective: Objective) -> str:
    """A trial's values of all the metrics."""
    strategies = objective.strategies
    texts = ((name, metric_text(trial.metrics[name], strategies[name])) for name in objective.directions)
    return ", ".join(f"{name} {figures(text)}" for name, text in texts)


def _edge(pair: tuple[str, str], shown: _Shown) -> dict[str, Any]:
    """The steps of the best that there is of the one metric, given the other."""
    up, along = pair
    steps = sorted(set(zip(shown.places(shown.members, along), shown.places(shown.members, up), strict=True)))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _ in steps],
        "y": [y for _, y in steps],
        "line": {"color": ORANGE, "width": 1.5, "shape": "vh" if shown.axes[along].maximize else "hv"},
        "hoverinfo": "skip",
        "showlegend": False,
    }

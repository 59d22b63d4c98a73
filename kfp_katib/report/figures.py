# SPDX-License-Identifier: Apache-2.0
"""The figures, drawn by Optuna from a study that stands for the Experiment."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import optuna
import plotly.colors
import plotly.io
import plotly.offline
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from kfp_katib.report.study import study_of
from kfp_katib.report.words import legible
from kfp_katib.results import Result, number, objective_text, objective_value

# Drawn for light paper; the page's style sheet inverts it where the system is dark.
_LOOK = {
    "template": "plotly_white",
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font_color": "#17202c",
    "margin": {"t": 30, "b": 60, "l": 60, "r": 20},
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
}
_SHOWN = frozenset({"customdata", "name", "text", "ticktext", "title"})
"""Where a figure holds texts in which plotly.js reads tags and entities."""
_BLUES = plotly.colors.sequential.Blues[3:]


def script() -> str:
    """plotly.js, which all figures of a page share."""
    source: str = plotly.offline.get_plotlyjs()
    return source


def history(result: Result) -> str:
    """The objective of every trial and the best so far, as a piece of HTML."""
    with _quiet():
        figure = optuna.visualization.plot_optimization_history(
            study_of(result), target_name=result.experiment.objective.metric
        )
    names = [trial.name for trial in result.trials]
    points, best_so_far = figure.data[:2]
    points.update(text=[names[number] for number in points.x], hovertemplate="%{text}<br>%{y}<extra></extra>")
    best_so_far.update(name="Best so far", line_shape="hv")
    for line in (points, best_so_far):
        line.x = [number + 1 for number in line.x]  # as the table counts
    figure.update_xaxes(title_text="Trial, in order of creation")
    return _drawn(figure, "history")


def parallel_coordinates(result: Result) -> str:
    """One line a trial through its parameters to its objective, as a piece of HTML."""
    with _quiet():
        study = study_of(result)
        figure = optuna.visualization.plot_parallel_coordinate(
            study, target_name=result.experiment.objective.metric
        )
    if figure.data:  # nothing is drawn of trials without parameters
        _name_lines(figure, result)
        _order_categories(figure, study)
        _colour_lines(figure, study)
        _label_axes(figure, study)
    return _drawn(figure, "parallel-coordinates")


def _name_lines(figure: Any, result: Result) -> None:
    """Let a line tell its trial and the texts of its values, of which Optuna keeps three digits."""
    objective = result.experiment.objective
    drawn = [trial for trial in result.trials if objective_value(trial, objective) is not None]
    names = sorted({name for trial in drawn for name in trial.parameters})
    for line, trial in zip((line for line in figure.data if line.mode == "lines"), drawn, strict=True):
        values = [objective_text(trial, objective), *(trial.parameters.get(name, "") for name in names)]
        told = zip([objective.metric, *names], values, strict=True)
        line.customdata = [list(pair) for pair in told]
        line.update(text=[trial.name] * len(values))
        line.hovertemplate = "%{text}<br>%{customdata[0]}: %{customdata[1]}<extra></extra>"


def _order_categories(figure: Any, study: optuna.Study) -> None:
    """Put categories that are numbers in their order; Optuna has them as they came, for they are text."""
    trials = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    spaces = {name: space for trial in trials for name, space in trial.distributions.items()}
    for axis, (_, space) in enumerate(sorted(spaces.items()), start=1):
        marks = [mark for mark in figure.layout.annotations if mark.x == axis]
        if isinstance(space, CategoricalDistribution) and all(
            number(mark.text) is not None for mark in marks
        ):
            places = sorted(mark.y for mark in marks)
            ordered = sorted(marks, key=lambda mark: (number(mark.text), mark.y))
            moved = {mark.y: place for mark, place in zip(ordered, places, strict=True)}
            _move(figure, axis, moved)


def _move(figure: Any, axis: int, moved: Mapping[float, float]) -> None:
    for mark in figure.layout.annotations:
        if mark.x == axis:
            mark.y = moved[mark.y]
    for line in figure.data:
        if line.mode == "lines":
            line.y = [moved[y] if place == axis else y for place, y in enumerate(line.y)]


def _colour_lines(figure: Any, study: optuna.Study) -> None:
    """Let the worst trials be seen too: Optuna's scale of blues begins at white."""
    values = [trial.value or 0.0 for trial in study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))]
    low, width = min(values), max(values) - min(values)
    shares = [(value - low) / width if width else 0.5 for value in values]
    if study.direction == optuna.study.StudyDirection.MINIMIZE:
        shares = [1 - share for share in shares]
    *lines, scale = figure.data
    for line, colour in zip(lines, plotly.colors.sample_colorscale(_BLUES, shares), strict=True):
        line.update(line_color=colour, opacity=0.8)
    scale.marker.colorscale = _BLUES


def _label_axes(figure: Any, study: optuna.Study) -> None:
    """Give the labels of the linear axes as many digits as tell them apart, where Optuna has three."""
    trials = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    spaces = {name: space for trial in trials for name, space in trial.distributions.items()}
    _label_axis(figure, 0, [trial.value for trial in trials], whole=False)
    for axis, (name, space) in enumerate(sorted(spaces.items()), start=1):
        tried = [trial.params.get(name) for trial in trials]
        if None not in tried and _is_linear(space):
            _label_axis(figure, axis, tried, whole=isinstance(space, IntDistribution))


def _label_axis(figure: Any, axis: int, tried: Sequence[Any], *, whole: bool) -> None:
    low, high = min(tried), max(tried)
    marks = [mark for mark in figure.layout.annotations if mark.x == axis]
    texts = labels([low + mark.y * (high - low) for mark in marks], whole=whole)
    for mark, text in zip(marks, texts, strict=True):
        mark.text = text


def _is_linear(space: BaseDistribution) -> bool:
    """Whether an axis has numbers on a linear scale."""
    return not isinstance(space, CategoricalDistribution) and not getattr(space, "log", False)


def labels(places: Sequence[float], *, whole: bool) -> list[str]:
    """Texts for an axis: no two alike, and none between two whole numbers where there are no others."""
    if whole:
        return [f"{place:.0f}" if abs(place - round(place)) < 1e-9 else "" for place in places]
    for digits in range(3, 17):
        texts = [f"{place:.{digits}g}" for place in places]
        if len(set(texts)) == len(places):
            break
    return texts


def _drawn(figure: Any, name: str) -> str:
    figure.update_layout(_LOOK, title=None, autosize=True, width=None, height=400)
    drawn: str = plotly.io.to_html(
        _as_text(figure.to_dict()),
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"responsive": True, "displayModeBar": False},
    )
    return drawn


def _as_text(part: Any, *, shown: bool = False) -> Any:
    """A copy of the figure in which no name and no value is markup to plotly.js, nor a control character."""
    if isinstance(part, str):
        return html.escape(legible(part), quote=False) if shown else part
    if isinstance(part, Mapping):
        return {name: _as_text(item, shown=shown or name in _SHOWN) for name, item in part.items()}
    return [_as_text(item, shown=shown) for item in part] if isinstance(part, (list, tuple)) else part


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna announces every study on stderr; a report has nothing to announce."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)

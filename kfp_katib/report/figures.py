# SPDX-License-Identifier: Apache-2.0
"""The figures, drawn by Optuna from a study made of the Experiment's trials."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import optuna
import plotly.colors
import plotly.io
import plotly.offline
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from kfp_katib.report.words import legible
from kfp_katib.results import Result, Trial, Value, number, objective_text, objective_value, typed

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Parameter

    _Space = tuple[Parameter | None, BaseDistribution]

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
"""The fields of a figure in whose texts plotly.js interprets tags and entities."""
_BLUES = plotly.colors.sequential.Blues[3:]
_EXACT = 2**53
"""Above it Optuna, which turns whole numbers into floats, finds some outside their own bounds."""


def script() -> str:
    """plotly.js, which all figures of a page share."""
    source: str = plotly.offline.get_plotlyjs()
    return source


def history(result: Result) -> str:
    """The objective of every trial and the best so far, as a piece of HTML."""
    figure, _ = _plotted(optuna.visualization.plot_optimization_history, result)
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
    figure, study = _plotted(optuna.visualization.plot_parallel_coordinate, result)
    if figure.data:  # nothing is drawn of trials without parameters
        _name_lines(figure, result)
        _order_categories(figure, study)
        _colour_lines(figure, study)
        _label_axes(figure, study)
    return _drawn(figure, "parallel-coordinates")


def _plotted(plot: Callable[..., Any], result: Result) -> tuple[Any, optuna.Study]:
    """One of Optuna's figures, drawn without the log line that Optuna would write to stderr."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = _study_of(result)
        return plot(study, target_name=result.experiment.objective.metric), study
    finally:
        optuna.logging.set_verbosity(before)


def _name_lines(figure: Any, result: Result) -> None:
    """Show a line's trial and the full texts of its values on hover; Optuna keeps three digits."""
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
    """Sort categories that are numbers; Optuna leaves them as they came, since they are text."""
    for axis, _, space in _axes(study):
        marks = _marks(figure, axis)
        if isinstance(space, CategoricalDistribution) and all(
            number(mark.text) is not None for mark in marks
        ):
            places = sorted(mark.y for mark in marks)
            ordered = sorted(marks, key=lambda mark: (number(mark.text), mark.y))
            _move(figure, axis, {mark.y: place for mark, place in zip(ordered, places, strict=True)})


def _move(figure: Any, axis: int, moved: Mapping[float, float]) -> None:
    for mark in _marks(figure, axis):
        mark.y = moved[mark.y]
    for line in figure.data:
        if line.mode == "lines":
            line.y = [moved[y] if place == axis else y for place, y in enumerate(line.y)]


def _colour_lines(figure: Any, study: optuna.Study) -> None:
    """Make the worst trials visible too: Optuna's scale of blues begins at white."""
    values = [trial.value or 0.0 for trial in _complete(study)]
    low, width = min(values), max(values) - min(values)
    shares = [(value - low) / width if width else 0.5 for value in values]
    if study.direction == optuna.study.StudyDirection.MINIMIZE:
        shares = [1 - share for share in shares]
    *lines, scale = figure.data
    for line, colour in zip(lines, plotly.colors.sample_colorscale(_BLUES, shares), strict=True):
        line.update(line_color=colour, opacity=0.8)
    scale.marker.colorscale = _BLUES


def _label_axes(figure: Any, study: optuna.Study) -> None:
    """Give the labels of linear axes enough digits to tell them apart; Optuna gives them three."""
    _label_axis(figure, 0, [trial.value for trial in _complete(study)], whole=False)
    for axis, name, space in _axes(study):
        tried = [trial.params.get(name) for trial in _complete(study)]
        linear = not isinstance(space, CategoricalDistribution) and not getattr(space, "log", False)
        if linear and None not in tried:
            _label_axis(figure, axis, tried, whole=isinstance(space, IntDistribution))


def _label_axis(figure: Any, axis: int, tried: Sequence[Any], *, whole: bool) -> None:
    low, high = min(tried), max(tried)
    marks = _marks(figure, axis)
    texts = labels([low + mark.y * (high - low) for mark in marks], whole=whole)
    for mark, text in zip(marks, texts, strict=True):
        mark.text = text


def _complete(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))


def _axes(study: optuna.Study) -> list[tuple[int, str, BaseDistribution]]:
    """The parameters' axes in Optuna's order: by name, after the objective's, which is 0."""
    spaces = {name: space for trial in _complete(study) for name, space in trial.distributions.items()}
    return [(axis, name, spaces[name]) for axis, name in enumerate(sorted(spaces), start=1)]


def _marks(figure: Any, axis: int) -> list[Any]:
    return [mark for mark in figure.layout.annotations if mark.x == axis]


def labels(places: Sequence[float], *, whole: bool) -> list[str]:
    """Labels for an axis: all different, or with `whole` only at whole numbers."""
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
    """A copy of the figure without markup for plotly.js or control characters in its texts."""
    if isinstance(part, str):
        return html.escape(legible(part), quote=False) if shown else part
    if isinstance(part, Mapping):
        return {name: _as_text(item, shown=shown or name in _SHOWN) for name, item in part.items()}
    return [_as_text(item, shown=shown) for item in part] if isinstance(part, (list, tuple)) else part


def _study_of(result: Result) -> optuna.Study:
    """A study whose trial numbers are the indices of `result.trials`; a trial without a value has failed."""
    objective = result.experiment.objective
    study = optuna.create_study(direction=objective.type)
    spaces = _spaces(result)
    study.add_trials([_frozen(trial, objective_value(trial, objective), spaces) for trial in result.trials])
    return study


def _frozen(trial: Trial, value: float | None, spaces: dict[str, _Space]) -> optuna.trial.FrozenTrial:
    if value is None:
        return optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL)
    return optuna.trial.create_trial(
        value=value,
        params={name: _value(text, *spaces[name]) for name, text in trial.parameters.items()},
        distributions={name: spaces[name][1] for name in trial.parameters},
    )


def _value(text: str, parameter: Parameter | None, distribution: BaseDistribution) -> Value:
    if isinstance(distribution, CategoricalDistribution):
        return text
    value = typed(text, parameter)
    return float(value) if isinstance(distribution, FloatDistribution) else value


def _spaces(result: Result) -> dict[str, _Space]:
    """A distribution for every parameter that a trial has, wide enough for every value that was tried."""
    known = {parameter.name: parameter for parameter in result.experiment.parameters}
    tried: dict[str, list[str]] = {}
    for trial in result.trials:
        for name, text in trial.parameters.items():
            tried.setdefault(name, []).append(text)
    return {name: (known.get(name), _space(known.get(name), texts)) for name, texts in tried.items()}


def _space(parameter: Parameter | None, tried: Sequence[str]) -> BaseDistribution:
    """Categories are texts, as the trials got them: `1.10` and `1.1` are two."""
    numbers = _numbers(tried, parameter)
    if parameter is None or parameter.type in ("categorical", "discrete") or len(numbers) < len(tried):
        listed = parameter.space.list if parameter else ()
        return CategoricalDistribution(list(dict.fromkeys((*listed, *tried))))
    numbers += _numbers((parameter.space.min, parameter.space.max), parameter)
    low, high = min(numbers), max(numbers)
    log = parameter.space.distribution in ("logUniform", "logNormal") and low > 0
    exact = all(isinstance(value, int) and abs(value) <= _EXACT for value in numbers)
    if parameter.type == "int" and exact:
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(float(low), float(high), log=log)


def _numbers(texts: Iterable[str], parameter: Parameter | None) -> list[int | float]:
    return [value for text in texts if not isinstance(value := typed(text, parameter), str)]

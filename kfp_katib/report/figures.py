# SPDX-License-Identifier: Apache-2.0
"""The figures, drawn by Optuna from a study that stands for the Experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import optuna
import plotly.io
import plotly.offline
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from kfp_katib.results import Result, Trial, Value, number, objective_value, typed

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Parameter

# Drawn for light paper; the page's style sheet inverts it where the system is dark.
_LOOK = {
    "template": "plotly_white",
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font_color": "#17202c",
    "margin": {"t": 30, "b": 60, "l": 60, "r": 20},
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
}


def script() -> str:
    """plotly.js, which all figures of a page share."""
    source: str = plotly.offline.get_plotlyjs()
    return source


def history(result: Result) -> str:
    """The objective of every trial and the best so far, as a piece of HTML."""
    with _quiet():
        figure = optuna.visualization.plot_optimization_history(
            _study(result), target_name=result.experiment.objective.metric
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
        figure = optuna.visualization.plot_parallel_coordinate(
            _study(result), target_name=result.experiment.objective.metric
        )
    return _drawn(figure, "parallel-coordinates")


def _drawn(figure: Any, name: str) -> str:
    figure.update_layout(_LOOK, title=None, autosize=True, width=None, height=400)
    drawn: str = plotly.io.to_html(
        figure,
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"responsive": True, "displayModeBar": False},
    )
    return drawn


def _study(result: Result) -> optuna.Study:
    """A study whose trial numbers are the places in `result.trials`; one without a number is a failed one."""
    objective = result.experiment.objective
    study = optuna.create_study(direction=objective.type)
    spaces = _spaces(result)
    study.add_trials([_frozen(trial, spaces, objective_value(trial, objective)) for trial in result.trials])
    return study


def _frozen(
    trial: Trial, spaces: dict[str, tuple[Parameter | None, BaseDistribution]], value: float | None
) -> optuna.trial.FrozenTrial:
    if value is None:
        return optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL)
    return optuna.trial.create_trial(
        value=value,
        params={name: _value(text, *spaces[name]) for name, text in trial.parameters.items()},
        distributions={name: spaces[name][1] for name in trial.parameters},
    )


def _value(text: str, parameter: Parameter | None, distribution: BaseDistribution) -> Value:
    value = typed(text, parameter)
    return (
        value
        if not isinstance(distribution, CategoricalDistribution) or value in distribution.choices
        else text
    )


def _spaces(result: Result) -> dict[str, tuple[Parameter | None, BaseDistribution]]:
    """A distribution for every parameter that a trial has, wide enough for every value that was tried."""
    known = {parameter.name: parameter for parameter in result.experiment.parameters}
    names = dict.fromkeys(name for trial in result.trials for name in trial.parameters)
    tried = {
        name: [trial.parameters[name] for trial in result.trials if name in trial.parameters]
        for name in names
    }
    return {name: (known.get(name), _space(known.get(name), tried[name])) for name in names}


def _space(parameter: Parameter | None, tried: Sequence[str]) -> BaseDistribution:
    numbers = [value for text in tried if (value := number(text)) is not None]
    if parameter is None or parameter.type in ("categorical", "discrete") or len(numbers) < len(tried):
        listed = parameter.space.list if parameter else ()
        return CategoricalDistribution(
            list(dict.fromkeys(typed(text, parameter) for text in (*listed, *tried)))
        )
    bounds = [
        value for text in (parameter.space.min, parameter.space.max) if (value := number(text)) is not None
    ]
    low, high = min(numbers + bounds), max(numbers + bounds)
    log = parameter.space.distribution in ("logUniform", "logNormal") and low > 0
    whole = parameter.type == "int" and all(value.is_integer() for value in numbers + bounds)
    if whole:
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(low, high, log=log)


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna announces every study on stderr; a report has nothing to announce."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)

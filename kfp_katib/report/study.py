# SPDX-License-Identifier: Apache-2.0
"""A Result as an Optuna study, which Optuna can draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from kfp_katib.results import Result, Trial, Value, objective_value, typed

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Parameter

_EXACT = 2**53
"""Beyond it Optuna, which makes floats of whole numbers, finds one outside of its own bounds."""


def study_of(result: Result) -> optuna.Study:
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
    if isinstance(distribution, CategoricalDistribution):
        return text
    value = typed(text, parameter)
    return float(value) if isinstance(distribution, FloatDistribution) else value


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

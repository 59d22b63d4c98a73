# SPDX-License-Identifier: Apache-2.0
"""The trials as a table: what its columns are called, and what stands in a trial's row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from kfp_katib.results.trials import Metric, Trial
from kfp_katib.results.values import objective_value

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment

PARAMETER, METRIC = "parameter.", "metric."
"""How the columns begin that hold a parameter's value, or one of a metric's aggregates."""

AGGREGATES = tuple(field.name for field in fields(Metric))
"""A metric's aggregates, by which the names of its columns end."""

FACTS = ("name", "state", "reason", "message", "started", "ended", "seconds", "exit_code", "model_uri")
"""What a trial is asked for by name; then come `objective`, its parameters and its metrics."""


def columns(experiment: Experiment, trials: Iterable[Trial]) -> list[str]:
    """The names of all columns, the same whether or not a trial reported anything."""
    parameters = dict.fromkeys(parameter.name for parameter in experiment.parameters)
    metrics = dict.fromkeys(experiment.objective.metrics)
    for trial in trials:
        parameters |= dict.fromkeys(trial.parameters)
        metrics |= dict.fromkeys(trial.metrics)
    return [
        *FACTS,
        "objective",
        *(f"{PARAMETER}{name}" for name in parameters),
        *(f"{METRIC}{name}.{aggregate}" for name in metrics for aggregate in AGGREGATES),
    ]


def row(trial: Trial, experiment: Experiment) -> dict[str, object]:
    """A trial's values by column, parameters and metrics as Katib's text; what it has not is not there."""
    cells = facts(trial, experiment)
    cells |= {f"{PARAMETER}{name}": text for name, text in trial.parameters.items()}
    for name, metric in trial.metrics.items():
        cells |= {f"{METRIC}{name}.{key}": text for key, text in asdict(metric).items()}
    return cells


def facts(trial: Trial, experiment: Experiment) -> dict[str, object]:
    """The fields that every trial has, and the finite number that the search compares, None without one."""
    own = {name: getattr(trial, name) for name in FACTS}
    return own | {"objective": objective_value(trial, experiment.objective)}

# SPDX-License-Identifier: Apache-2.0
"""The trials as a table: what its columns are called, and what stands in a trial's row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from kfp_katib.results.trials import Metric, Trial
from kfp_katib.results.values import compared

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment

PARAMETER, METRIC = "parameter.", "metric."
"""How the columns begin that hold a parameter's value, or one of a metric's aggregates."""

AGGREGATES = tuple(field.name for field in fields(Metric))
"""A metric's aggregates, by which the names of its columns end."""

FACTS = ("name", "state", "reason", "message", "started", "ended", "seconds", "exit_code", "model_uri")
"""What a trial is asked for by name; then come `objective`, its parameters and its metrics."""


def parameter_names(experiment: Experiment, trials: Sequence[Trial]) -> list[str]:
    """Those of all trials in the manifest's order; what only a trial has comes after."""
    declared = [parameter.name for parameter in experiment.parameters]
    return list(dict.fromkeys([*declared, *(name for trial in trials for name in trial.parameters)]))


def columns(experiment: Experiment, trials: Sequence[Trial]) -> list[str]:
    """The names of all columns, the same whether or not a trial reported anything."""
    metrics = dict.fromkeys(experiment.objective.metrics)
    for trial in trials:
        metrics |= dict.fromkeys(trial.metrics)
    return [
        *FACTS,
        "objective",
        *(f"{PARAMETER}{name}" for name in parameter_names(experiment, trials)),
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
    """The fields that every trial has, and what the search compares, None without it."""
    own = {name: getattr(trial, name) for name in FACTS}
    return own | {"objective": compared(trial, experiment.objective)}

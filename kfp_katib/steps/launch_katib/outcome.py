# SPDX-License-Identifier: Apache-2.0
"""What a launch hands on: the trial whose model is delivered, in types that a pipeline can carry."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kfp_katib.results import Result, Trial, Value, assignments, metric_text, number, objective_value

if TYPE_CHECKING:
    from kfp_katib.steps.launch_katib.plan import Plan
    from kfp_katib.storage import Checkpoint


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outputs of a search that are not files.

    Attributes:
        experiment: The name under which the Experiment ran.
        trial: The name of the trial whose model is delivered, or the best one where there is no model.
        value: Its objective.
        parameters: Its hyperparameters, numbers as numbers.
        metrics: Its metrics, and how many trials ended in which state; all finite.
        metadata: What the delivered model tells about itself: text and finite numbers.
    """

    experiment: str
    trial: str
    value: float
    parameters: Mapping[str, Value]
    metrics: Mapping[str, float]
    metadata: Mapping[str, Value]


def outcome(plan: Plan, result: Result, trial: Trial, checkpoint: Checkpoint | None) -> Outcome:
    """The outputs for one trial of a search.

    Args:
        plan: What was to run.
        result: What came of it.
        trial: A trial with a finite objective.
        checkpoint: Its model, None where it has none.
    """
    objective = result.experiment.objective
    value = objective_value(trial, objective)
    assert value is not None, trial.name
    parameters = assignments(trial, result.experiment.parameters)
    metadata: dict[str, Value] = {
        "experiment": result.experiment.name,
        "model": "collected" if checkpoint else "none",
        "models": plan.models,
        "trial": trial.name,
        "metric": objective.metric,
        "value": value,
        "parameters": json.dumps(parameters),
    }
    if checkpoint and checkpoint.epoch is not None:
        metadata["epoch"] = checkpoint.epoch
    return Outcome(
        experiment=result.experiment.name,
        trial=trial.name,
        value=value,
        parameters=parameters,
        metrics=finite_metrics(trial, result),
        metadata=metadata,
    )


def finite_metrics(trial: Trial, result: Result) -> dict[str, float]:
    """A trial's metrics by their strategies, and the trials by their states, for numbers in a dashboard."""
    strategies = result.experiment.objective.strategies
    values = {
        name: number(metric_text(metric, strategies.get(name, "latest")))
        for name, metric in trial.metrics.items()
    }
    states = Counter(trial.state for trial in result.trials)
    counts = {f"trials_{state}": float(count) for state, count in sorted(states.items())}
    return {name: value for name, value in values.items() if value is not None} | counts

# SPDX-License-Identifier: Apache-2.0
"""Experiments, trials and results in one line each, for the tests of results, storage and report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from kfp_katib.experiment.model import (
    Algorithm,
    Collector,
    Experiment,
    FeasibleSpace,
    Objective,
    Parameter,
    Strategy,
    TrialTemplate,
)
from kfp_katib.results import Condition, ExperimentState, Metric, Result, Trial, TrialState, conclude

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PARAMETERS = (
    Parameter("lr", "double", FeasibleSpace(min="0.0001", max="0.1", distribution="logUniform")),
    Parameter("batch_size", "int", FeasibleSpace(min="16", max="128")),
    Parameter("activation", "categorical", FeasibleSpace(list=("relu", "gelu"))),
)


def objective(
    type: Literal["minimize", "maximize"] = "minimize",
    *,
    metric: str = "loss",
    strategy: Strategy | None = None,
    goal: float | None = None,
    additional: Sequence[str] = (),
) -> Objective:
    """An objective with Katib's default strategies: min where it minimises, max where it maximises."""
    default: Strategy = "min" if type == "minimize" else "max"
    strategies = {metric: strategy or default, **dict.fromkeys(additional, default)}
    return Objective(type, metric, goal, tuple(additional), strategies)


def experiment(
    wanted: Objective | None = None,
    *,
    name: str = "tune",
    parameters: tuple[Parameter, ...] = PARAMETERS,
) -> Experiment:
    """An Experiment of three parameters that minimises `loss`."""
    return Experiment(
        name=name,
        namespace="default",
        objective=wanted or objective(),
        algorithm=Algorithm("random", {}),
        early_stopping=None,
        parameters=parameters,
        parallel_trial_count=2,
        max_trial_count=12,
        max_failed_trial_count=3,
        resume_policy="Never",
        collector=Collector("StdOut", "", "TEXT", ("(a)(b)",)),
        trial_template=TrialTemplate({}, (), "training", True, "", ""),
        manifest_json=json.dumps({"kind": "Experiment", "metadata": {"name": name}}),
    )


def metric(value: str) -> Metric:
    """A metric that was reported once, aggregated as Katib does: text stays out of min and max."""
    try:
        float(value)
    except ValueError:
        return Metric(latest=value)
    return Metric(value, value, value)


def trial(
    number: int,
    value: str | None = None,
    *,
    state: TrialState = "Succeeded",
    parameters: Mapping[str, str] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    reason: str = "",
    message: str = "",
    exit_code: int | None = None,
    log_tail: str = "",
) -> Trial:
    """The trial of a number, one minute long, with `loss` where a value is given."""
    started = START + timedelta(minutes=number)
    reported = {} if value is None else {"loss": metric(value)}
    return Trial(
        name=f"tune-{number}",
        parameters=parameters
        if parameters is not None
        else {"lr": f"0.00{number + 1}", "batch_size": str(16 + number), "activation": "relu"},
        state=state,
        reason=reason or f"Trial{state}",
        message=message,
        metrics=metrics if metrics is not None else reported,
        started=started,
        ended=started + timedelta(seconds=60),
        exit_code=exit_code,
        log_tail=log_tail,
    )


def result(
    trials: Sequence[Trial],
    of: Experiment | None = None,
    *,
    state: ExperimentState = "Succeeded",
    reason: str = "ExperimentMaxTrialsReached",
    message: str = "Experiment has succeeded because max trial count has reached",
    notes: Sequence[str] = (),
    katib_best: str | None = None,
) -> Result:
    """The verdict on trials of `experiment()`."""
    return conclude(
        of or experiment(),
        trials,
        Condition(state, reason, message),
        notes=notes,
        katib_best=katib_best,
    )

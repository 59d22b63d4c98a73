# SPDX-License-Identifier: Apache-2.0
"""An Experiment as the library holds it, of which a test says only what it asks about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from kfp_katib.experiment.model import (
    Algorithm,
    Collector,
    Distribution,
    Experiment,
    FeasibleSpace,
    Objective,
    Parameter,
    Strategy,
    TrialTemplate,
)


def double(
    name: str, low: str, high: str, step: str = "", distribution: Distribution = "uniform"
) -> Parameter:
    """A double parameter."""
    return Parameter(name, "double", FeasibleSpace(low, high, step, distribution=distribution))


def integer(
    name: str, low: str, high: str, step: str = "", distribution: Distribution = "uniform"
) -> Parameter:
    """An int parameter."""
    return Parameter(name, "int", FeasibleSpace(low, high, step, distribution=distribution))


def one_of(name: str, *texts: str) -> Parameter:
    """A categorical parameter."""
    return Parameter(name, "categorical", FeasibleSpace(list=texts))


PARAMETERS = (
    double("lr", "0.0001", "0.1", distribution="logUniform"),
    integer("batch_size", "16", "128"),
    one_of("activation", "relu", "gelu"),
)


def objective(
    type: Literal["minimize", "maximize"] = "minimize",
    *,
    metric: str = "loss",
    strategy: Strategy | None = None,
    goal: float | None = None,
    additional: Sequence[str] = (),
    compared: Mapping[str, Strategy] | None = None,
) -> Objective:
    """An objective with Katib's default strategies: min where it minimises, max where it maximises.

    `compared` are further metrics whose strategies, min or max, the manifest itself names.
    """
    default: Strategy = "min" if type == "minimize" else "max"
    others = {**dict.fromkeys(additional, default), **(compared or {})}
    return Objective(
        type,
        metric,
        goal,
        tuple(others),
        {metric: strategy or default, **others},
        compared=tuple(compared or ()),
    )


def experiment(
    algorithm: str = "random",
    parameters: Sequence[Parameter] = PARAMETERS,
    *,
    name: str = "tune",
    objective: Objective = objective(),  # noqa: B008  (it is frozen)
    settings: Mapping[str, str] | None = None,
    early_stopping: Algorithm | None = None,
    parallel: int = 2,
    budget: int | None = 12,
    failures: int | None = 3,
) -> Experiment:
    """An Experiment that minimises `loss`; its trials run nothing."""
    return Experiment(
        name=name,
        namespace="default",
        objective=objective,
        algorithm=Algorithm(algorithm, settings or {}),
        early_stopping=early_stopping,
        parameters=tuple(parameters),
        parallel_trial_count=parallel,
        max_trial_count=budget,
        max_failed_trial_count=failures,
        resume_policy="Never",
        collector=Collector("StdOut", "", "TEXT", ("(a)(b)",)),
        trial_template=TrialTemplate({}, (), "training", True, "", ""),
        manifest_json=json.dumps({"kind": "Experiment", "metadata": {"name": name}}),
    )

# SPDX-License-Identifier: Apache-2.0
"""One search by each algorithm whose service is a Python program of Katib's, with the end that is known.

Both engines run them, as they run the other scenarios. Where Katib itself gets stuck, the end is that of this
machine, and STUCK has what is said about Katib.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.builders.manifest import double
from tests.engines.scenarios import MAX_TRIALS, Scenario, losses, prints

SHARE = double("d", "0.1", "0.9")


def algorithm(name: str, **settings: str) -> Mapping[str, Any]:
    """An algorithm with its settings."""
    given = [{"name": each, "value": value} for each, value in settings.items()]
    return {"algorithmName": name, "algorithmSettings": given}


def integer(name: str, low: int, high: int) -> Mapping[str, Any]:
    """A search parameter of type int."""
    space = {"min": str(low), "max": str(high)}
    return {"name": name, "parameterType": "int", "feasibleSpace": space}


def four(name: str, by: str, **spec: Any) -> Scenario:
    """Four good trials, two at a time."""
    fields = {"algorithm": algorithm(by), "parallelTrialCount": 2, "maxTrialCount": 4, **spec}
    return Scenario(
        name, losses(0.5, 0.1, 0.3, 0.4), "Succeeded", MAX_TRIALS, {"Succeeded": 4}, "0.1", fields
    )


def rungs(name: str, trials: int) -> Scenario:
    """Three trials of one epoch are the first rung of hyperband, and one trial of three its second."""
    return Scenario(
        name,
        losses(0.5, 0.1, 0.3),
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": trials},
        "0.1",
        {
            "algorithm": algorithm("hyperband", r_l="3", eta="3", resource_name="epochs"),
            "parameters": [SHARE, integer("epochs", 1, 9)],
            "parallelTrialCount": 3,
            "maxTrialCount": trials,
        },
    )


def stopping(name: str, trials: int) -> Scenario:
    """Stopped by medianstop: the first trial's mean is 0.45, and the second lies above it."""
    return Scenario(
        name,
        [
            prints("loss=0.5", "loss=0.4", "loss=0.9"),
            prints("loss=0.8", "loss=0.9", after=20),
            prints("loss=0.3", "loss=0.2"),
        ],
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": trials - 1, "EarlyStopped": 1},
        "0.2",
        {
            "earlyStopping": algorithm("medianstop", min_trials_required="1", start_step="2"),
            "maxTrialCount": trials,
        },
    )


GENERATIONS = Scenario(
    "pbt",
    [],
    "Succeeded",
    MAX_TRIALS,
    {"Succeeded": 12},
    "2",
    {
        "algorithm": algorithm(
            "pbt", suggestion_trial_dir="/checkpoint", n_population="5", truncation_threshold="0.4"
        ),
        "objective": {"type": "maximize", "objectiveMetricName": "age"},
        "parameters": [double("d", "0.1", "0.9", step="0.1")],
        "parallelTrialCount": 3,
        "maxTrialCount": 12,
        "resumePolicy": "FromVolume",
    },
    command=(
        "sh",
        "-c",
        "sleep $(cat FOLDER/seconds) && echo ${trialParameters.d} >> /checkpoint/ages "
        "&& echo age=$(wc -l < /checkpoint/ages)",
    ),
)
"""pbt: a trial's age is how many trials have used its checkpoint, itself included."""

ALGORITHMS = (
    four("grid", "grid", parameters=[integer("i", 1, 4)]),
    four("multivariate-tpe", "multivariate-tpe"),
    four("bayesianoptimization", "bayesianoptimization"),
    four("random by hyperopt", "random"),
    four("tpe by hyperopt", "tpe"),
    rungs("hyperband within its first rung", 3),
    stopping("medianstop", 3),
    GENERATIONS,
)
SERVICES = {"random by hyperopt": "hyperopt", "tpe by hyperopt": "hyperopt"}
"""Which service a scenario is about, where Katib can be told to use one or another for its algorithm."""

KEPT = frozenset({"medianstop"})
"""Where Katib has to keep the trials' Jobs."""

STUCK: tuple[tuple[Scenario, str, str], ...] = (
    (
        rungs("hyperband beyond its first rung", 6),
        "hyperband-beyond-first-rung",
        r"suggests nothing: ReconcileError: .*katib#1168",
    ),
    (
        stopping("medianstop without Jobs", 4),
        "early-stopping-without-retain",
        r"does not read the metrics of trial .*katib#1377",
    ),
)
"""Searches on which Katib gets stuck, the rule that warns of it, and what is said where it has happened."""

# SPDX-License-Identifier: Apache-2.0
"""Searches with a known end, each written once and run on both engines: the verdicts must be equal.

What a trial prints is set by its order (tests/data/scripted_trial.py), because the engines suggest different
values. Goal scenarios run one trial at a time: with more, the verdict depends on who is first.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kfp_katib.experiment.model import Manifest
from kfp_katib.results import Result, objective_text
from tests.builders.manifest import experiment, job
from tests.places import DATA

TRIAL_SCRIPT = DATA / "scripted_trial.py"
METRICS_FILE = "/var/log/katib/metrics.log"
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A search and its end.

    Attributes:
        name: What happens in it.
        trials: What the trials do, in the order in which they start; the last entry serves the rest.
        state: The Experiment's state in the end.
        reason: The reason of that state.
        counts: How many trials are in which state.
        best: The objective of the best trial as text, None where there is none.
        spec: Fields of the Experiment's spec that are not the usual ones.
        notes: A word that the notes contain.
        command: What a trial runs in place of the script; FOLDER is the shared folder, where the file
            `seconds` tells how long it should sleep first.
    """

    name: str
    trials: Sequence[Entry]
    state: str
    reason: str
    counts: Mapping[str, int]
    best: str | None
    spec: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""
    command: Sequence[str] = ()


def prints(*lines: str, **more: Any) -> Entry:
    """A trial that prints lines."""
    return {"prints": lines, **more}


def losses(*values: float) -> list[Entry]:
    """Trials that print a loss each."""
    return [prints(f"loss={value}") for value in values]


CRASH = prints("Traceback: CUDA out of memory", exit=3)
MAX_TRIALS, GOAL, FAILED = "ExperimentMaxTrialsReached", "ExperimentGoalReached", "ExperimentFailed"
_SPACES = [
    {"name": "i", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "8"}},
    {"name": "d", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9"}},
    {"name": "c", "parameterType": "categorical", "feasibleSpace": {"list": ["adam", "sgd"]}},
    {"name": "n", "parameterType": "discrete", "feasibleSpace": {"list": ["32", "64"]}},
]

SCENARIOS = (
    Scenario("budget", losses(0.5, 0.1, 0.3), "Succeeded", MAX_TRIALS, {"Succeeded": 3}, "0.1"),
    Scenario(
        "maximize",
        [prints("accuracy=0.5"), prints("accuracy=0.9"), prints("accuracy=0.7")],
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": 3},
        "0.9",
        {"objective": {"type": "maximize", "objectiveMetricName": "accuracy"}},
    ),
    Scenario(
        "goal",
        losses(0.5, 0.1, 0.05),
        "Succeeded",
        GOAL,
        {"Succeeded": 2},
        "0.1",
        {"objective": {"type": "minimize", "goal": 0.2, "objectiveMetricName": "loss"}},
    ),
    Scenario(
        "failures",
        [CRASH],
        "Failed",
        FAILED,
        {"Failed": 2},
        None,
        {"maxFailedTrialCount": 2},
    ),
    Scenario(
        "mixed failures",
        [prints("loss=0.4"), CRASH, prints("loss=0.2")],
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": 2, "Failed": 1},
        "0.2",
        {"maxFailedTrialCount": 2},
    ),
    Scenario(
        "diverging",
        [prints("loss=nan"), prints("loss=0.3"), prints("loss=nan")],
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": 3},
        "0.3",
        # All at once: Katib gets no further suggestion once a trial has printed nan (katib#2723).
        {"parallelTrialCount": 3},
        notes="Katib's own rule names",
    ),
    Scenario(
        "metrics unavailable",
        [prints("done"), prints("loss=0.3"), prints("loss=0.4")],
        "Succeeded",
        MAX_TRIALS,
        {"MetricsUnavailable": 1, "Succeeded": 2},
        "0.3",
        {"maxFailedTrialCount": 2},
    ),
    Scenario(
        "no trial succeeds",
        [CRASH],
        "Succeeded",
        MAX_TRIALS,
        {"Failed": 3},
        None,
        {"maxFailedTrialCount": None},
        notes="no trial has a finite loss",
    ),
    Scenario(
        "parallel",
        losses(0.5, 0.1, 0.3, 0.4),
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": 4},
        "0.1",
        {"parallelTrialCount": 2, "maxTrialCount": 4},
    ),
    Scenario(
        "every feasible space",
        losses(0.5, 0.1, 0.3),
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": 3},
        "0.1",
        {"parameters": _SPACES},
    ),
    Scenario(
        "strategies",
        [
            prints("loss=0.2", "loss=0.6", "size=3", "size=9", "size=5"),
            prints("loss=0.7", "loss=0.4", "size=1"),
        ],
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": 2},
        "0.4",
        {
            "maxTrialCount": 2,
            "objective": {
                "type": "minimize",
                "objectiveMetricName": "loss",
                "additionalMetricNames": ["size"],
                "metricStrategies": [{"name": "loss", "value": "latest"}, {"name": "size", "value": "max"}],
            },
        },
    ),
    Scenario(
        "file collector",
        [prints("loss=9", writes=["loss=0.3"])],
        "Succeeded",
        MAX_TRIALS,
        {"Succeeded": 1},
        "0.3",
        {
            "maxTrialCount": 1,
            "metricsCollectorSpec": {
                "collector": {"kind": "File"},
                "source": {"fileSystemPath": {"path": METRICS_FILE, "kind": "File", "format": "TEXT"}},
            },
        },
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def prepare(folder: Path, scenario: Scenario, *, seconds: float) -> None:
    """Write into a folder that all trials share what they run and what they will say."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(TRIAL_SCRIPT, folder / "trial.py")
    script = {"seconds": seconds, "trials": list(scenario.trials)}
    (folder / "script.json").write_text(json.dumps(script))
    (folder / "seconds").write_text(str(seconds))


def manifest(
    folder: Path, scenario: Scenario, *, name: str, image: str, retain: bool = False, **spec: Any
) -> Manifest:
    """The scenario as an Experiment whose trials find that folder under its own path."""
    parameters = scenario.spec.get("parameters") or [_SPACES[1]]
    arguments = [f"--{each['name']}=${{trialParameters.{each['name']}}}" for each in parameters]
    metrics_file = ["--metrics", METRICS_FILE] if "metricsCollectorSpec" in scenario.spec else []
    command = scenario.command or ("python3", "FOLDER/trial.py", *arguments, *metrics_file)
    container = {
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [each.replace("FOLDER", str(folder)) for each in command],
        "volumeMounts": [{"name": "shared", "mountPath": str(folder)}],
    }
    volume = {"name": "shared", "hostPath": {"path": str(folder)}}
    return experiment(
        job(container, volumes=[volume]),
        name=name,
        retain=retain,
        **{"parameters": parameters, "maxFailedTrialCount": 1, **scenario.spec, **spec},
    )


def assert_ends_as_written(result: Result, scenario: Scenario) -> None:
    """The one check of both engines."""
    best = objective_text(result.best, result.experiment.objective) if result.best else None
    states = [trial.state for trial in result.trials if trial.state != "Killed"]
    counts = {state: states.count(state) for state in dict.fromkeys(states)}
    assert (result.state, result.reason, counts, best) == (
        scenario.state,
        scenario.reason,
        dict(scenario.counts),
        scenario.best,
    )
    assert scenario.notes in " ".join(result.notes)

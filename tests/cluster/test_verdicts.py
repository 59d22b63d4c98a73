# SPDX-License-Identifier: Apache-2.0
"""The same manifest on both engines: Katib and the local engine come to the same verdict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import load
from kfp_katib.experiment.model import Manifest
from kfp_katib.local import run
from tests.cluster.katib import Katib, verdict
from tests.cluster.manifests import small

pytestmark = pytest.mark.cluster

PARABOLA = """python3 -c 'lr=${trialParameters.lr}; print(f"loss={(lr-0.05)**2}")'"""


@dataclass(frozen=True)
class Scenario:
    """One way in which an Experiment can end."""

    algorithm: str
    prints: str
    changes: dict[str, Any]
    ends: tuple[str, str]

    def manifest(self, name: str, image: str) -> Manifest:
        """The scenario's manifest."""
        manifest = small(name, image, algorithm=self.algorithm, prints=self.prints)
        manifest["spec"].update(self.changes)
        return manifest


SCENARIOS = {
    "budget": Scenario("random", PARABOLA, {}, ("Succeeded", "ExperimentMaxTrialsReached")),
    "tpe": Scenario("tpe", PARABOLA, {}, ("Succeeded", "ExperimentMaxTrialsReached")),
    "goal": Scenario(
        "random",
        PARABOLA,
        {
            "parallelTrialCount": 1,
            "objective": {"type": "minimize", "goal": 1, "objectiveMetricName": "loss"},
        },
        ("Succeeded", "ExperimentGoalReached"),
    ),
    "failures": Scenario(
        "random",
        "echo lr is ${trialParameters.lr} >&2 && false",
        {"parallelTrialCount": 1},
        ("Failed", "ExperimentFailed"),
    ),
    "no metric": Scenario(
        "random",
        "echo lr is ${trialParameters.lr}",
        {"parallelTrialCount": 1},
        ("Failed", "ExperimentFailed"),
    ),
}
COUNTS = {
    "Succeeded": "trialsSucceeded",
    "Failed": "trialsFailed",
    "MetricsUnavailable": "trialMetricsUnavailable",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_engines_agree(name: str, katib: Katib, tmp_path: Path) -> None:
    """State, reason, message and the count of trials in each state are the same on Katib and here."""
    scenario = SCENARIOS[name]
    manifest = scenario.manifest(f"agree-{name.replace(' ', '-')}", katib.image)
    with katib.running(manifest) as created:
        status = katib.finished(created)
    result = run(load(manifest), runs=tmp_path)

    seen = verdict(status)
    assert seen is not None
    assert seen[:2] == scenario.ends
    assert (result.state, result.reason, result.message) == seen
    counts = {state: status.get(field, 0) for state, field in COUNTS.items()}
    assert counts == {state: result.count(state) for state in COUNTS}  # type: ignore[arg-type]


def test_both_engines_run_the_same_command(katib: Katib, tmp_path: Path) -> None:
    """Quotes, variables and `&&` mean the same: each trial's loss is the function of its own lr."""
    manifest = small("same-command", katib.image, prints=PARABOLA)
    with katib.running(manifest) as created:
        katib.finished(created)
        there = [_katib_pair(trial) for trial in katib.trials(created)]
    trials = run(load(manifest), runs=tmp_path).trials
    here = [(float(trial.parameters["lr"]), float(trial.metrics["loss"].latest)) for trial in trials]

    assert len(there) == len(here) == 4
    assert all(loss == pytest.approx((lr - 0.05) ** 2) for lr, loss in [*there, *here])


def _katib_pair(trial: Manifest) -> tuple[float, float]:
    parameters = {entry["name"]: entry["value"] for entry in trial["spec"]["parameterAssignments"]}
    metrics = {entry["name"]: entry["latest"] for entry in trial["status"]["observation"]["metrics"]}
    return float(parameters["lr"]), float(metrics["loss"])

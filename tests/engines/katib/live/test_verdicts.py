# SPDX-License-Identifier: Apache-2.0
"""The same manifest on both engines: Katib and the local engine come to the same verdict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import load, run
from kfp_katib.experiment.model import Manifest
from kfp_katib.results import TrialState
from tests.engines.katib.live.katib import Katib, verdict
from tests.engines.katib.live.manifests import small

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
COUNTS: dict[TrialState, str] = {
    "Succeeded": "trialsSucceeded",
    "Failed": "trialsFailed",
    "MetricsUnavailable": "trialMetricsUnavailable",
}


@pytest.fixture(scope="module")
def started(katib: Katib) -> Iterator[dict[str, Manifest]]:
    """Every scenario's manifest, running on Katib: all at once, since most of their time is waiting."""
    manifests = {
        name: scenario.manifest(f"agree-{name.replace(' ', '-')}", katib.image)
        for name, scenario in SCENARIOS.items()
    }
    with ExitStack() as stack:
        for manifest in manifests.values():
            stack.enter_context(katib.running(manifest))
        yield manifests


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_engines_agree(name: str, started: dict[str, Manifest], katib: Katib, tmp_path: Path) -> None:
    """State, reason, message and the count of trials in each state are the same on Katib and here."""
    manifest = started[name]
    result = run(load(manifest), runs=tmp_path)
    status = katib.finished(manifest["metadata"]["name"])

    seen = verdict(status)
    assert seen is not None
    assert seen[:2] == SCENARIOS[name].ends
    assert (result.state, result.reason, result.message) == seen
    counts = {state: status.get(field, 0) for state, field in COUNTS.items()}
    assert counts == {state: result.count(state) for state in COUNTS}


def test_both_engines_run_the_same_command(
    started: dict[str, Manifest], katib: Katib, tmp_path: Path
) -> None:
    """Quotes, variables and `&&` mean the same: each trial's loss is the function of its own lr."""
    manifest = started["budget"]
    trials = run(load(manifest), runs=tmp_path).trials
    here = [(float(trial.parameters["lr"]), float(trial.metrics["loss"].latest)) for trial in trials]
    katib.finished(manifest["metadata"]["name"])
    there = [_katib_pair(trial) for trial in katib.trials(manifest["metadata"]["name"])]

    assert len(there) == len(here) == 4
    assert all(loss == pytest.approx((lr - 0.05) ** 2) for lr, loss in [*there, *here])


def _katib_pair(trial: Manifest) -> tuple[float, float]:
    parameters = {entry["name"]: entry["value"] for entry in trial["spec"]["parameterAssignments"]}
    metrics = {entry["name"]: entry["latest"] for entry in trial["status"]["observation"]["metrics"]}
    return float(parameters["lr"]), float(metrics["loss"])

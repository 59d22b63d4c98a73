# SPDX-License-Identifier: Apache-2.0
"""A search by darts on Katib, whose objective is a text: the verdict and the best trial of this machine.

What a real Katib wrote of another search, with the fields in which one by darts differs. Its best trial is
the last that has a text (`updateTrialsSummary` in Katib's `status_util.go`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from kfp_katib.engines.local.search.architectures import darts_assignments
from kfp_katib.experiment import load
from kfp_katib.results import Metric
from tests.builders.manifest import changed
from tests.builders.valid import darts
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.player import api_of, experiment_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run

METRIC = "Best-Genotype"
OBJECTIVE = {
    "type": "maximize",
    "objectiveMetricName": METRIC,
    "metricStrategies": [{"name": METRIC, "value": "max"}],
}


def by_darts(recorded: Recording) -> Recording:
    """A recorded search of three trials as one by darts, all of them in one batch."""
    own = changed(darts(), {"spec.maxTrialCount": 3, "spec.parallelTrialCount": 3})["spec"]
    nas = load(darts()).nas
    assert nas is not None
    assigned = darts_assignments(nas, {})
    names: dict[str, str] = {}
    timeline = []
    for at, kind, what, thing in copy.deepcopy(recorded.timeline):
        if kind == "experiments":
            thing["spec"] = _searched(thing["spec"], own)
            _last_is_best(thing.get("status", {}))
        if kind == "trials":
            genotype = names.setdefault(thing["metadata"]["name"], f"Genotype({len(names)})")
            thing["spec"]["objective"] = OBJECTIVE
            thing["spec"]["parameterAssignments"] = [
                {"name": name, "value": text} for name, text in assigned.items()
            ]
            _observed(thing.get("status", {}).get("observation", {}), genotype)
        timeline.append((at, kind, what, thing))
    manifest = {**recorded.manifest, "spec": _searched(recorded.manifest["spec"], own)}
    return Recording(recorded.versions, manifest, timeline, recorded.logs, recorded.events)


def _searched(spec: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in spec.items() if key != "parameters"}
    names = ("algorithm", "nasConfig", "trialTemplate", "parallelTrialCount")
    return {**kept, **{name: own[name] for name in names}, "objective": OBJECTIVE}


def _last_is_best(status: dict[str, Any]) -> None:
    if done := status.get("succeededTrialList"):
        status["currentOptimalTrial"]["bestTrialName"] = done[-1]


def _observed(observation: dict[str, Any], genotype: str) -> None:
    """What Katib's database manager makes of a text: it is the latest value, and neither min nor max."""
    if observation.get("metrics"):
        unavailable = {"min": "unavailable", "max": "unavailable"}
        observation["metrics"] = [{"name": METRIC, "latest": genotype, **unavailable}]


def test_the_best_trial_is_the_last_with_a_text(serve: Serve) -> None:
    """State, reason and best trial are those of the local engine, and nothing has to be noted."""
    recorded = by_darts(recording.read("budget"))
    api, _ = api_of(recorded)
    serve(api)
    result = run(experiment_of(recorded))
    assert (result.state, result.reason) == ("Succeeded", "ExperimentMaxTrialsReached")
    assert result.best == result.trials[-1]
    assert result.best.metrics == {METRIC: Metric(latest="Genotype(2)")}
    assert result.katib_best == result.best.name
    assert [each.state for each in result.trials] == ["Succeeded"] * 3
    assert [note for note in result.notes if "Katib's own rule" in note] == []
    assert result.best_parameters["num-layers"] == 2
    assert result.succeeded

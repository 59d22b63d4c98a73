# SPDX-License-Identifier: Apache-2.0
"""Katib's resources, in all shapes that its controller writes, read as states, verdicts and trials."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib.api import resources


def resource(*true: str, false: tuple[str, ...] = (), **status: Any) -> dict[str, Any]:
    """An object with conditions of these types, in this order."""
    held = [{"type": each, "status": "True", "reason": f"{each}R", "message": f"{each}M"} for each in true]
    past = [{"type": each, "status": "False", "reason": "", "message": ""} for each in false]
    return {"metadata": {"name": "x", "uid": "u"}, "status": {"conditions": [*held, *past], **status}}


@pytest.mark.parametrize(
    ("conditions", "state"),
    [
        ((), "Pending"),
        (("Created",), "Pending"),
        (("Created", "Running"), "Running"),
        (("Running", "EarlyStopped"), "EarlyStopped"),
        (("Created", "MetricsUnavailable"), "MetricsUnavailable"),
        (("Succeeded", "Created"), "Succeeded"),
        (("Failed", "Succeeded"), "Failed"),
        (("Killed", "Failed"), "Killed"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_a_trials_state_is_the_first_bucket_that_katib_would_count_it_in(
    conditions: tuple[str, ...], state: str
) -> None:
    """An early-stopped trial, for one, keeps Running=True."""
    assert resources.trial_state(resource(*conditions)) == state


def test_a_trial_brings_parameters_metrics_and_times() -> None:
    """Values stay Katib's text; a metric's field that Katib left out was empty."""
    thing = resource(
        "Succeeded",
        startTime="2026-11-24T06:01:25Z",
        completionTime="2026-11-24T06:01:32Z",
        observation={"metrics": [{"name": "loss", "min": "0.1", "max": "unavailable"}]},
    )
    thing["spec"] = {"parameterAssignments": [{"name": "lr", "value": "1e-05"}]}
    trial = resources.as_trial(thing, model_uri="s3://models/x")
    assert (trial.parameters, trial.model_uri, trial.seconds) == ({"lr": "1e-05"}, "s3://models/x", 7)
    assert (trial.metrics["loss"].min, trial.metrics["loss"].latest) == ("0.1", "")


def test_a_trial_that_katib_gives_no_completion_time_ended_when_its_state_changed() -> None:
    """Early-stopped trials keep completionTime null."""
    thing = resource("EarlyStopped", completionTime=None)
    thing["status"]["conditions"][0]["lastTransitionTime"] = "2026-11-24T06:00:00Z"
    assert resources.as_trial(thing).ended == resources.moment("2026-11-24T06:00:00Z")


@pytest.mark.parametrize("text", [None, "", "0001-01-01T00:00:00Z"])
def test_no_time_is_no_time(text: str | None) -> None:
    """Go writes its zero time where there is none."""
    assert resources.moment(text) is None


def test_katibs_own_choice_may_be_missing() -> None:
    """The controller writes an optimal trial without a name where no trial has metrics."""
    assert resources.katib_best(resource(currentOptimalTrial={"observation": {}})) == ""
    assert resources.katib_best(resource(currentOptimalTrial={"bestTrialName": "t"})) == "t"
    assert resources.katib_best(resource()) == ""


def test_the_completed_trials_of_a_status_are_those_of_all_its_lists() -> None:
    """Lists that are empty are absent."""
    status: dict[str, Any] = {
        "succeededTrialList": ["a"],
        "metricsUnavailableTrialList": ["b"],
        "runningTrialList": ["c"],
    }
    assert resources.completed_trials(resource(**status)) == {"a", "b"}


def test_a_stored_experiment_is_as_its_author_wrote_it() -> None:
    """Without what the cluster adds to its metadata and the strategies that Katib fills in."""
    given = {"name": "seconds", "value": "min"}
    objective = {"type": "minimize", "objectiveMetricName": "loss", "additionalMetricNames": ["seconds"]}
    stored = {
        "metadata": {"name": "x", "namespace": "team", "uid": "u"},
        "spec": {
            "objective": {**objective, "metricStrategies": [given, {"name": "loss", "value": "min"}]},
            "maxTrialCount": 3,
        },
    }
    assert resources.as_written(stored) == {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": "x", "namespace": "team"},
        "spec": {"objective": {**objective, "metricStrategies": [given]}, "maxTrialCount": 3},
    }

# SPDX-License-Identifier: Apache-2.0
"""Katib's custom resources, as its controller writes them, read as Trial and Result. Pure.

A state is found by looking through all conditions: their order changes, several are true at once, and
`Restarting` stays true for good, so the last one says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kfp_katib.results import ACTIVE, Condition, ExperimentState, Metric, Trial, TrialState

Object = Mapping[str, Any]

# The first one that is true counts: Katib's own order of buckets (`status_util.go`). An early-stopped
# trial, for one, keeps Running=True.
_TRIAL_STATES: tuple[TrialState, ...] = (
    "Killed",
    "Failed",
    "Succeeded",
    "EarlyStopped",
    "Running",
    "MetricsUnavailable",
)
_EXPERIMENT_STATES: tuple[ExperimentState, ...] = ("Failed", "Succeeded", "Running", "Restarting")
_COMPLETED_LISTS = (
    "succeededTrialList",
    "failedTrialList",
    "killedTrialList",
    "earlyStoppedTrialList",
    "metricsUnavailableTrialList",
)


def name(thing: Object) -> str:
    """The name of any object."""
    return str(thing["metadata"]["name"])


def status(thing: Object) -> Object:
    """The status of any object, empty before a controller has written one."""
    return thing.get("status") or {}


def true_conditions(thing: Object) -> dict[str, Object]:
    """The conditions that hold, by type."""
    found = status(thing).get("conditions") or ()
    return {condition["type"]: condition for condition in found if condition.get("status") == "True"}


def verdict(experiment: Object) -> Condition:
    """Where an Experiment stands."""
    holds = true_conditions(experiment)
    for state in _EXPERIMENT_STATES:
        if condition := holds.get(state):
            return Condition(state, condition.get("reason") or "", condition.get("message") or "")
    return Condition("Created")


def trial_state(trial: Object) -> TrialState:
    """Where a Trial stands."""
    holds = true_conditions(trial)
    return next((state for state in _TRIAL_STATES if state in holds), "Pending")


def trial(thing: Object, *, model_uri: str = "") -> Trial:
    """One Trial resource as the type that both engines return."""
    state = trial_state(thing)
    condition = true_conditions(thing).get(state, {})
    assignments = thing.get("spec", {}).get("parameterAssignments") or ()
    ended = status(thing).get("completionTime")
    if not ended and state not in ACTIVE:
        ended = condition.get("lastTransitionTime")  # Katib leaves completionTime null here and there
    return Trial(
        name=name(thing),
        parameters={assignment["name"]: str(assignment["value"]) for assignment in assignments},
        state=state,
        reason=condition.get("reason") or "",
        message=condition.get("message") or "",
        metrics=_metrics(thing),
        started=moment(status(thing).get("startTime")),
        ended=moment(ended),
        model_uri=model_uri,
    )


def in_order(trials: Iterable[dict[str, Any]], suggestion: Object | None) -> list[dict[str, Any]]:
    """Trials in the order in which they were suggested, which creationTimestamp tells to the second only."""
    asked = status(suggestion or {}).get("suggestions") or ()
    rank = {item.get("name"): index for index, item in enumerate(asked)}
    return sorted(
        trials,
        key=lambda each: (
            rank.get(name(each), len(rank)),
            str(each["metadata"].get("creationTimestamp") or ""),
            name(each),
        ),
    )


def katib_best(experiment: Object) -> str:
    """The name of the trial that Katib calls optimal, empty where it names none."""
    return str((status(experiment).get("currentOptimalTrial") or {}).get("bestTrialName") or "")


def counted(experiment: Object) -> frozenset[str]:
    """The trials that the Experiment's status already counts as completed."""
    lists = (status(experiment).get(key) or () for key in _COMPLETED_LISTS)
    return frozenset(each for names in lists for each in names)


def moment(text: str | None) -> datetime | None:
    """A Kubernetes timestamp, None for null and for the zero time of Go."""
    if not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text)


def _metrics(thing: Object) -> dict[str, Metric]:
    found = (status(thing).get("observation") or {}).get("metrics") or ()
    return {
        metric["name"]: Metric(*(str(metric.get(key, "")) for key in ("min", "max", "latest")))
        for metric in found
    }

# SPDX-License-Identifier: Apache-2.0
"""Objects of a small cluster, as short as a test can say them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, PODS, SUGGESTIONS, TRIALS, Kind
from kfp_katib.engines.katib.api.watches import Change

Thing = dict[str, Any]
COLLECTOR = "metrics-logger-and-collector"


def conditions(*types: str) -> Thing:
    """A status with conditions that hold."""
    return {"conditions": [{"type": each, "status": "True", "reason": each, "message": ""} for each in types]}


def thing(name: str, *types: str, version: int = 1, uid: str = "", **more: Any) -> Thing:
    """Any object with conditions."""
    metadata = {"name": name, "uid": uid or f"uid-{name}", "resourceVersion": str(version), "labels": {}}
    return {"metadata": metadata, "status": conditions(*types) if types else {}, **more}


def experiment(*types: str, **more: Any) -> Thing:
    """The Experiment `x`."""
    return thing("x", *types, **more)


def suggestion(*types: str, requests: int = 0, given: Sequence[str] = ()) -> Thing:
    """Its Suggestion."""
    made = thing("x", *types, spec={"requests": requests, "algorithm": {"algorithmName": "random"}})
    made["status"]["suggestions"] = [{"name": name} for name in given]
    return made


def pod(
    name: str,
    *,
    trial: str = "",
    phase: str = "Running",
    containers: dict[str, Thing] | None = None,
    **status: Any,
) -> Thing:
    """A pod whose containers are in states such as `{"running": {}}`."""
    states = {"training": {"running": {}}} if containers is None else containers
    made = thing(name, spec={"containers": [{"name": each} for each in states]})
    if trial:
        made["metadata"]["labels"]["katib.kubeflow.org/trial"] = trial
    statuses = [{"name": each, "state": state} for each, state in states.items()]
    made["status"] = {"phase": phase, "containerStatuses": statuses, **status}
    return made


def waits(reason: str, message: str = "") -> Thing:
    """The state of a container that waits."""
    return {"waiting": {"reason": reason, "message": message}}


def ended(code: int = 0, reason: str = "Completed") -> Thing:
    """The state of a container that has ended."""
    return {"terminated": {"exitCode": code, "reason": reason}}


def listed(kind: Kind, *things: Thing) -> Change:
    """A list of one kind."""
    return Change(kind, "LISTED", things)


def cache_of(
    *,
    of_experiment: Thing | None = None,
    of_suggestion: Thing | None = None,
    trials: Sequence[Thing] = (),
    pods: Sequence[Thing] = (),
) -> Cache:
    """A cache of the Experiment `x` that has heard all of this."""
    cache = Cache("x", "uid-x")
    running = experiment("Created", "Running") if of_experiment is None else of_experiment
    cache.apply(listed(EXPERIMENTS, running))
    cache.apply(listed(SUGGESTIONS, *([of_suggestion] if of_suggestion else [])))
    cache.apply(listed(TRIALS, *trials))
    cache.apply(listed(PODS, *pods))
    return cache

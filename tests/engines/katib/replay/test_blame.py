# SPDX-License-Identifier: Apache-2.0
"""What a look at jobs, deployments, logs and events tells about a sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kfp_katib.engines.katib.blame import warnings
from kfp_katib.engines.katib.connect import connect
from kfp_katib.engines.katib.questions import ask
from kfp_katib.engines.katib.stall import Sign
from tests.engines.katib.made import mirror_of, pod, suggestion, thing
from tests.engines.katib.replay.server import Api

Serve = Callable[[Api], None]
COLLECTOR = "metrics-logger-and-collector"
MIRROR = mirror_of(
    of_suggestion=suggestion("Created"),
    trials=[thing("t", "Running")],
    pods=[
        pod("t-1", trial="t", containers={"training": {}, COLLECTOR: {"running": {}}}),
        pod("x-random-1", containers={"suggestion": {"running": {}}}),
    ],
)


@pytest.fixture
def api() -> Api:
    """A cluster with logs."""
    return Api(
        logs={
            "t-1": "waiting\nE1124 06:00:00.0 1 main.go:1] connection refused\n",
            "x-random-1": "Address already in use",
        }
    )


def job(**spec: Any) -> dict[str, Any]:
    """The Job of trial t."""
    return {"metadata": {"name": "t", "uid": "j"}, "spec": spec, "status": {}}


@pytest.mark.parametrize(
    ("kind", "found", "sign", "words"),
    [
        ("jobs", job(suspend=True), Sign("no-pod", "t"), "its Job is suspended"),
        (
            "jobs",
            {
                **job(),
                "status": {
                    "conditions": [{"type": "Failed", "status": "True", "reason": "Deadline", "message": "m"}]
                },
            },
            Sign("no-pod", "t"),
            "Deadline: m",
        ),
        (None, None, Sign("no-pod", "t"), "its Job does not exist"),
        (
            "deployments",
            {
                "metadata": {"name": "x-random", "uid": "d"},
                "status": {
                    "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]
                },
            },
            Sign("no-service-pod", "x-random"),
            "exceeded quota",
        ),
        (None, None, Sign("no-service-pod", "x-random"), ""),
        (None, None, Sign("service-not-ready", "x-random"), "suggestion's log is 'Address already in use'"),
        (None, None, Sign("sidecar", "t-1", COLLECTOR), "connection refused"),
        (None, None, Sign("unreported", "t"), "connection refused"),
        (None, None, Sign("image", "t-1"), ""),
    ],
)
def test_a_look_brings_words(
    kind: str | None, found: dict[str, Any] | None, sign: Sign, words: str, api: Api, serve: Serve
) -> None:
    """From whoever knows, where the sign has none of its own."""
    if kind and found:
        api.store.put(kind, found)
    serve(api)
    with connect() as cluster:
        assert words in ask(cluster, sign, MIRROR)


def test_without_the_right_to_look_there_are_no_words(api: Api, serve: Serve) -> None:
    """And no error: it was only an explanation."""
    api.forbidden = {"jobs", "events", "pods"}
    serve(api)
    with connect() as cluster:
        assert ask(cluster, Sign("no-pod", "t"), MIRROR) == ""
        assert ask(cluster, Sign("unreported", "t"), MIRROR) == ""
        assert warnings(cluster, "x") == []


def test_only_an_experiments_own_warnings_count(api: Api, serve: Serve) -> None:
    """The latest last, by whichever time the component has written."""
    for name, about, when in (
        ("1", "x-a", {"lastTimestamp": "2026-11-24T07:00:02Z"}),
        ("2", "x-b", {"lastTimestamp": None, "eventTime": "2026-11-24T07:00:01.000000Z"}),
        ("3", "other", {}),
    ):
        api.store.put(
            "events", {"metadata": {"name": name, "uid": name}, "involvedObject": {"name": about}, **when}
        )
    serve(api)
    with connect() as cluster:
        found = warnings(cluster, "x")
    assert [event["involvedObject"]["name"] for event in found] == ["x-b", "x-a"]


@pytest.mark.parametrize("message", ['suggestions "x" already exists', "the object has been modified; retry"])
def test_a_controller_that_was_outrun_is_not_to_blame(message: str, api: Api, serve: Serve) -> None:
    """Katib reports it as an error and tries again."""
    event = {"reason": "ReconcileError", "message": f"Failed to reconcile: {message}"}
    api.store.put("events", {"metadata": {"name": "e", "uid": "e"}, "involvedObject": {"name": "x"}, **event})
    serve(api)
    with connect() as cluster:
        assert warnings(cluster, "x") == []

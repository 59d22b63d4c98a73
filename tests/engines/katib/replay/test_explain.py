# SPDX-License-Identifier: Apache-2.0
"""What a look at jobs, deployments, logs, events and katib-controller tells about a symptom."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.diagnosis.controller import why_down
from kfp_katib.engines.katib.diagnosis.explain import look_closer, warnings
from kfp_katib.engines.katib.diagnosis.stall import Symptom
from tests.engines.katib.made import COLLECTOR, cache_of, experiment, pod, suggestion, thing, waits
from tests.engines.katib.replay.server import Api, Serve

CACHE = cache_of(
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
    ("kind", "found", "symptom", "words"),
    [
        ("jobs", job(suspend=True), Symptom("no-pod", "t"), "its Job is suspended"),
        (
            "jobs",
            {
                **job(),
                "status": {
                    "conditions": [{"type": "Failed", "status": "True", "reason": "Deadline", "message": "m"}]
                },
            },
            Symptom("no-pod", "t"),
            "Deadline: m",
        ),
        (None, None, Symptom("no-pod", "t"), "its Job does not exist"),
        (
            "deployments",
            {
                "metadata": {"name": "x-random", "uid": "d"},
                "status": {
                    "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]
                },
            },
            Symptom("no-service-pod", "x-random"),
            "exceeded quota",
        ),
        (None, None, Symptom("no-service-pod", "x-random"), ""),
        (
            None,
            None,
            Symptom("service-not-ready", "x-random"),
            "is 'Address already in use'",
        ),
        (None, None, Symptom("crash", "x-random-1", "it exited 1"), "is 'Address already in use'"),
        (None, None, Symptom("sidecar", "t-1", COLLECTOR), "connection refused"),
        (None, None, Symptom("unreported", "t"), "connection refused"),
        (None, None, Symptom("image", "t-1"), ""),
    ],
)
def test_a_look_brings_words(
    kind: str | None, found: dict[str, Any] | None, symptom: Symptom, words: str, api: Api, serve: Serve
) -> None:
    """From whoever knows, where the symptom has none of its own."""
    if kind and found:
        api.store.put(kind, found)
    serve(api)
    with connect() as cluster:
        assert words in look_closer(cluster, symptom, CACHE)


def test_without_the_right_to_look_there_are_no_words(api: Api, serve: Serve) -> None:
    """And no error: it was only an explanation."""
    api.forbidden = {"jobs", "events", "pods"}
    serve(api)
    with connect() as cluster:
        assert look_closer(cluster, Symptom("no-pod", "t"), CACHE) == ""
        assert look_closer(cluster, Symptom("unreported", "t"), CACHE) == ""
        assert warnings(cluster, "x") is None


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
        found = warnings(cluster, "x") or []
    assert [event["involvedObject"]["name"] for event in found] == ["x-b", "x-a"]


@pytest.mark.parametrize("message", ['suggestions "x" already exists', "the object has been modified; retry"])
def test_a_controller_that_was_outrun_is_not_told_of(message: str, api: Api, serve: Serve) -> None:
    """Katib reports it as an error and tries again."""
    event = {"reason": "ReconcileError", "message": f"Failed to reconcile: {message}"}
    api.store.put("events", {"metadata": {"name": "e", "uid": "e"}, "involvedObject": {"name": "x"}, **event})
    serve(api)
    with connect() as cluster:
        assert warnings(cluster, "x") == []


STORED = experiment("Created", apiVersion="kubeflow.org/v1beta1", kind="Experiment", spec={})
STORED["metadata"]["namespace"] = "team"
DOWN = (
    "Internal error occurred: failed calling webhook "
    '"defaulter.experiment.katib.kubeflow.org": failed to call webhook: connection refused'
)
READY = [{"type": "Ready", "status": "True"}]


def down(api: Api, serve: Serve) -> str:
    """What shows that it is down, in a cluster where the Experiment is."""
    api.store.put("experiments", STORED)
    serve(api)
    with connect() as cluster:
        return why_down(cluster, STORED)


def its_pod(**status: Any) -> dict[str, Any]:
    """The controller's pod."""
    made = pod("katib-controller-1", **status)
    made["metadata"]["labels"]["katib.kubeflow.org/component"] = "controller"
    return made


def test_its_webhook_answers(serve: Serve) -> None:
    """That the name is taken is said behind it; nothing is created."""
    api = Api()
    assert down(api, serve) == ""
    assert api.asked["POST experiments"] == 1
    assert api.created == []


def test_its_webhook_does_not_answer(serve: Serve) -> None:
    """The surest sign, and one that needs no further right."""
    api = Api(refuse={"experiments": (500, DOWN)})
    assert "its webhook does not answer (500: Internal error occurred: failed calling" in down(api, serve)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param((403, "User cannot create resource experiments"), id="no right to create"),
        pytest.param((400, "admission webhook denied: spec.objective"), id="it says no"),
        pytest.param((500, "etcdserver: request timed out"), id="somebody else's error"),
    ],
)
def test_another_refusal_says_nothing(refusal: tuple[int, str], serve: Serve) -> None:
    """Nobody is blamed for what is not known."""
    assert down(Api(refuse={"experiments": refusal}), serve) == ""


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(its_pod(conditions=READY), "", id="ready"),
        pytest.param(
            its_pod(containers={"katib-controller": waits("CrashLoopBackOff")}),
            "its pod katib-controller-1 in namespace kubeflow is CrashLoopBackOff",
            id="crashing",
        ),
        pytest.param(its_pod(phase="Pending"), "is Pending, not ready", id="waiting"),
        pytest.param(its_pod(phase="Unknown"), "does not answer", id="lost"),
    ],
)
def test_its_pods_are_looked_at_where_they_may_be(found: dict[str, Any], why: str, serve: Serve) -> None:
    """One that is ready is enough."""
    api = Api()
    api.store.put("pods", found)
    said = down(api, serve)
    assert why in said
    assert bool(said) == bool(why)


@pytest.mark.parametrize(
    ("renewed", "expected"), [("2020-01-01T00:00:00.000000Z", True), ("2999-01-01T00:00:00Z", False)]
)
def test_a_lease_that_nobody_renews_is_told(renewed: str, expected: bool, serve: Serve) -> None:
    """Where Katib elects a leader."""
    api = Api()
    lease = {"name": "3fbc96e9.katib.kubeflow.org", "uid": "l"}
    api.store.put("leases", {"metadata": lease, "spec": {"renewTime": renewed, "leaseDurationSeconds": 15}})
    assert ("has not renewed the lease kubeflow/" in down(api, serve)) == expected


def test_without_rights_in_its_namespace_nothing_is_known(serve: Serve) -> None:
    """And no error: the search goes on."""
    assert down(Api(forbidden={"pods", "leases"}), serve) == ""

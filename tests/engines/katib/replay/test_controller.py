# SPDX-License-Identifier: Apache-2.0
"""Whether katib-controller runs, asked in the three ways that a launcher may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kfp_katib.engines.katib.connect import connect
from kfp_katib.engines.katib.controller import why_down
from tests.engines.katib.made import experiment, pod, waits
from tests.engines.katib.replay.server import Api

Serve = Callable[[Api], None]
STORED = experiment("Created", apiVersion="kubeflow.org/v1beta1", kind="Experiment", spec={})
STORED["metadata"]["namespace"] = "team"
DOWN = (
    "Internal error occurred: failed calling webhook "
    '"defaulter.experiment.katib.kubeflow.org": failed to call webhook: connection refused'
)
READY = [{"type": "Ready", "status": "True"}]


def ask(api: Api, serve: Serve) -> str:
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
    assert ask(api, serve) == ""
    assert api.asked["POST experiments"] == 1
    assert api.created == []


def test_its_webhook_does_not_answer(serve: Serve) -> None:
    """The surest sign, and one that needs no further right."""
    api = Api(refuse={"experiments": (500, DOWN)})
    assert "its webhook does not answer (500: Internal error occurred: failed calling" in ask(api, serve)


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
    assert ask(Api(refuse={"experiments": refusal}), serve) == ""


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
    said = ask(api, serve)
    assert why in said
    assert bool(said) == bool(why)


@pytest.mark.parametrize(
    ("renewed", "down"), [("2020-01-01T00:00:00.000000Z", True), ("2999-01-01T00:00:00Z", False)]
)
def test_a_lease_that_nobody_renews_is_told(renewed: str, down: bool, serve: Serve) -> None:
    """Where Katib elects a leader."""
    api = Api()
    lease = {"name": "3fbc96e9.katib.kubeflow.org", "uid": "l"}
    api.store.put("leases", {"metadata": lease, "spec": {"renewTime": renewed, "leaseDurationSeconds": 15}})
    assert ("has not renewed the lease kubeflow/" in ask(api, serve)) == down


def test_without_rights_in_its_namespace_nothing_is_known(serve: Serve) -> None:
    """And no error: the search goes on."""
    assert ask(Api(forbidden={"pods", "leases"}), serve) == ""

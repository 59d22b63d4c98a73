# SPDX-License-Identifier: Apache-2.0
"""What blocks a search, seen in what the watches tell; Katib reports none of these."""

from __future__ import annotations

import pytest

from kfp_katib.cluster.kinds import PODS, TRIALS
from kfp_katib.cluster.mirror import Mirror
from kfp_katib.cluster.stall import GRACE_SECONDS, Sign, signs, working
from kfp_katib.cluster.stream import Change
from kfp_katib.errors import ClusterError
from tests.cluster_engine.made import (
    ended,
    experiment,
    listed,
    mirror_of,
    pod,
    suggestion,
    thing,
    waits,
)

READY = suggestion("DeploymentReady", requests=1, given=["t"])
SERVICE = pod("x-random-1", containers={"suggestion": {"running": {}}})
COLLECTOR = "metrics-logger-and-collector"


def with_trial(*pods: dict[str, object]) -> Mirror:
    """A search whose trial `t` runs, by Katib's word, and has these pods."""
    trial = thing("t", "Created", "Running")
    return mirror_of(of_suggestion=READY, trials=[trial], pods=[SERVICE, *pods])


@pytest.mark.parametrize(
    ("mirror", "expected"),
    [
        (mirror_of(of_experiment=experiment()), Sign("no-controller", "x")),
        (mirror_of(), Sign("no-suggestion", "x")),
        (mirror_of(of_suggestion=suggestion("Created")), Sign("no-service-pod", "x-random")),
        (
            mirror_of(of_suggestion=suggestion("Created"), pods=[SERVICE]),
            Sign("service-not-ready", "x-random"),
        ),
        (
            mirror_of(of_suggestion=suggestion("DeploymentReady", requests=1), pods=[SERVICE]),
            Sign("no-answer", "x"),
        ),
        (mirror_of(of_suggestion=READY, pods=[SERVICE]), Sign("no-trial", "x")),
        (with_trial(), Sign("no-pod", "t")),
        (
            with_trial(pod("t-1", trial="t", containers={"training": waits("ErrImagePull", "not found")})),
            Sign("image", "t-1", "container 'training': not found"),
        ),
        (
            with_trial(pod("t-1", trial="t", containers={"training": waits("CreateContainerConfigError")})),
            Sign("container", "t-1", "container 'training': CreateContainerConfigError"),
        ),
        (
            with_trial(
                pod(
                    "t-1",
                    trial="t",
                    containers={},
                    conditions=[
                        {"type": "PodScheduled", "reason": "Unschedulable", "message": "Insufficient gpu"}
                    ],
                )
            ),
            Sign("unschedulable", "t-1", "Insufficient gpu"),
        ),
        (
            with_trial(pod("t-1", trial="t", containers={"training": waits("ContainerCreating")})),
            Sign("starting", "t-1"),
        ),
        (
            with_trial(pod("t-1", trial="t", containers={"training": ended(), "proxy": {"running": {}}})),
            Sign("sidecar", "t-1", "proxy"),
        ),
        (
            with_trial(pod("t-1", trial="t", phase="Succeeded", containers={"training": ended()})),
            Sign("unreported", "t"),
        ),
        (
            mirror_of(
                of_suggestion=suggestion("Created"),
                pods=[pod("x-random-1", containers={"suggestion": waits("CrashLoopBackOff")})],
            ),
            Sign("crash", "x-random-1", "container 'suggestion' exited None"),
        ),
    ],
    ids=lambda value: value.cause if isinstance(value, Sign) else "",
)
def test_a_cause_is_found(mirror: Mirror, expected: Sign) -> None:
    """Each in a search where everything else is well."""
    assert expected in signs(mirror, "training")


def test_a_trial_that_computes_is_no_stall() -> None:
    """It may take as long as it takes."""
    mirror = with_trial(pod("t-1", trial="t"))
    assert working(mirror, "training")
    assert signs(mirror, "training") == []


def test_a_verdict_is_no_stall() -> None:
    """A finished search has nothing left that could block."""
    assert signs(mirror_of(of_experiment=experiment("Succeeded")), "training") == []


def test_silence_without_a_cause_is_a_sign_of_its_own() -> None:
    """All suggestions are trials, all trials have completed, and yet there is no verdict."""
    mirror = mirror_of(of_suggestion=READY, trials=[thing("t", "Succeeded")], pods=[SERVICE])
    assert signs(mirror, "training") == [Sign("silent", "x")]


def test_an_api_server_that_does_not_answer_is_a_sign() -> None:
    """Until it answers again."""
    mirror = with_trial(pod("t-1", trial="t"))
    mirror.apply(Change(TRIALS, "LOST", error=ClusterError("connection refused")))
    assert signs(mirror, "training") == [Sign("unreachable", "trials", "connection refused")]
    mirror.apply(listed(TRIALS, thing("t", "Running")))
    assert signs(mirror, "training") == []


def test_without_the_right_to_pods_a_running_trial_counts_as_working() -> None:
    """Nothing can be said about it, so nothing is held against it."""
    mirror = Mirror("x", "uid-x")
    for change in (
        listed(TRIALS, thing("t", "Running")),
        Change(PODS, "DENIED", error=ClusterError("forbidden", status=403)),
    ):
        mirror.apply(change)
    assert working(mirror, "training")
    assert signs(mirror, "training") == []


def test_every_cause_has_its_time_of_grace() -> None:
    """None is said at once, none later than two minutes."""
    assert all(10 <= seconds <= 120 for seconds in GRACE_SECONDS.values())

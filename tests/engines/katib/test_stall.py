# SPDX-License-Identifier: Apache-2.0
"""What blocks a search, seen in what the watches tell; Katib reports none of these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kfp_katib.engines.katib.kinds import PODS, TRIALS
from kfp_katib.engines.katib.mirror import Mirror
from kfp_katib.engines.katib.stall import GRACE_SECONDS, Sign, signs, working
from kfp_katib.engines.katib.stream import Change
from kfp_katib.errors import ClusterError
from tests.engines.katib.made import (
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


NOT_READY = [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def to_be_gone(at: str) -> dict[str, Any]:
    """A running pod whose deletion is due."""
    made = pod("t-1", trial="t")
    made["metadata"]["deletionTimestamp"] = at
    return made


def reported(code: int) -> dict[str, Any]:
    """A pod whose training has ended well, and whose collector has ended like this."""
    return pod("t-1", trial="t", containers={"training": ended(), COLLECTOR: ended(code)})


def with_metrics() -> Mirror:
    """A search whose trial has its metrics, and still runs by Katib's word."""
    trial = thing("t", "Created", "Running")
    trial["status"]["observation"] = {"metrics": [{"name": "loss", "latest": "1"}]}
    return mirror_of(of_suggestion=READY, trials=[trial], pods=[SERVICE, pod("t-1", trial="t")])


@pytest.mark.parametrize(
    ("mirror", "subject"),
    [
        pytest.param(
            mirror_of(
                of_suggestion=suggestion("Created"),
                pods=[pod("x-random-1", conditions=[{"type": "Ready", "status": "True"}])],
            ),
            "x-random",
            id="the suggestion service is ready",
        ),
        pytest.param(with_trial(reported(0)), "t", id="the collector has reported"),
        pytest.param(with_metrics(), "t", id="the metrics are there"),
    ],
)
def test_what_is_complete_and_not_taken_over_is_a_sign(mirror: Mirror, subject: str) -> None:
    """All others have done their part: it is the controller's turn."""
    assert [(sign.cause, sign.subject) for sign in signs(mirror, "training")] == [("not-taken-over", subject)]


def test_a_collector_that_failed_has_not_reported() -> None:
    """Then the metrics are missing, whoever runs."""
    assert signs(with_trial(reported(1)), "training") == [Sign("unreported", "t")]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(pod("t-1", trial="t", phase="Unknown"), "does not answer", id="unknown"),
        pytest.param(pod("t-1", trial="t", conditions=NOT_READY), "is not ready", id="not ready"),
        pytest.param(to_be_gone("2026-11-29T11:59:00Z"), "has not ended it by 11:59:00 UTC", id="not gone"),
    ],
)
def test_a_node_that_is_gone_stalls_its_trials(found: dict[str, Any], words: str) -> None:
    """The pod's status says that it runs, since nobody is there to change it."""
    found["spec"]["nodeName"] = "n7"
    mirror = with_trial(found)
    (sign,) = signs(mirror, "training", NOW)
    assert (sign.cause, sign.subject) == ("node", "t-1")
    assert words in sign.words
    assert "n7" in sign.words
    assert not working(mirror, "training", NOW)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(to_be_gone("2026-11-29T12:00:30Z"), id="it has time to end"),
        pytest.param(
            pod("t-1", trial="t", conditions=NOT_READY[:1]),
            id="its own probe fails",
        ),
        pytest.param(
            {
                **pod("t-1", trial="t", conditions=NOT_READY),
                "spec": {"containers": [{"name": "training"}], "readinessGates": [{"conditionType": "lb"}]},
            },
            id="a gate is closed",
        ),
    ],
)
def test_a_pod_that_is_merely_unready_still_works(found: dict[str, Any]) -> None:
    """Its node is there."""
    assert signs(with_trial(found), "training", NOW) == []
    assert working(with_trial(found), "training", NOW)


def test_another_pod_of_a_trial_may_run_elsewhere() -> None:
    """What a Job starts in place of a lost pod is work; the lost one is still told."""
    lost = pod("t-1", trial="t", phase="Unknown")
    mirror = with_trial(lost, pod("t-2", trial="t"))
    assert [sign.subject for sign in signs(mirror, "training")] == ["t-1"]
    assert working(mirror, "training")


def test_a_pod_is_told_once_however_many_containers_wait() -> None:
    """The training and Katib's collector are made one after the other."""
    both = {"training": waits("ContainerCreating"), COLLECTOR: waits("PodInitializing")}
    mirror = with_trial(pod("t-1", trial="t", phase="Pending", containers=both))
    assert signs(mirror, "training") == [Sign("starting", "t-1")]


def test_a_silent_server_is_all_that_is_known() -> None:
    """What the watches told before may have changed long ago."""
    mirror = with_trial(pod("t-1", trial="t", phase="Succeeded", containers={"training": ended()}))
    mirror.apply(Change(TRIALS, "LOST", error=ClusterError("connection refused")))
    assert [sign.cause for sign in signs(mirror, "training")] == ["unreachable"]
    mirror.apply(listed(TRIALS, thing("t", "Running")))
    assert [sign.cause for sign in signs(mirror, "training")] == ["unreported"]


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

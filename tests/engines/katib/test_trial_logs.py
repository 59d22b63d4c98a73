# SPDX-License-Identifier: Apache-2.0
"""What is read of a failed trial's pod, what of its log, and why a trial has no metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.diagnosis.trial_logs import (
    LOG_LINES,
    Ending,
    TrialLogs,
    ending,
    tail,
    why_no_metric,
)
from kfp_katib.experiment import load
from kfp_katib.results import Trial, TrialState
from tests.builders.manifest import experiment, grid, job
from tests.engines.katib.live.manifests import small
from tests.engines.katib.made import COLLECTOR, ended, pod, waits


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            pod("p", containers={"training": ended(137, "OOMKilled"), COLLECTOR: ended(255, "Error")}),
            Ending(
                "p",
                137,
                "Container 'training' exited 137 (OOMKilled); "
                "container 'metrics-logger-and-collector' exited 255",
            ),
        ),
        (
            pod("p", containers={"training": ended(), COLLECTOR: ended(255, "Error")}),
            Ending("p", 0, "container 'metrics-logger-and-collector' exited 255"),
        ),
        (
            pod("p", containers={}, phase="Failed", reason="Evicted", message="low on memory"),
            Ending("p", None, "Evicted: low on memory"),
        ),
        (pod("p", containers={"training": ended()}), Ending("p", 0, "")),
    ],
    ids=["out of memory", "collector", "evicted", "well"],
)
def test_how_a_pod_ended(made: dict[str, Any], expected: Ending) -> None:
    """The exit code is the training's; who else failed is said."""
    assert ending(made, "training") == expected


@pytest.mark.parametrize(
    ("made", "failed"),
    [
        (pod("p"), False),
        (pod("p", phase="Failed", containers={}), True),
        (pod("p", containers={"training": ended(1, "Error"), COLLECTOR: {"running": {}}}), True),
        (pod("p", containers={"training": ended()}), False),
        (pod("p", containers={"training": waits("ErrImagePull")}), False),
    ],
    ids=["runs", "phase", "one container", "well", "waits"],
)
def test_a_pod_has_failed_as_soon_as_one_container_has(made: dict[str, Any], failed: bool) -> None:
    """Katib calls the trial failed later, and then deletes the pod."""
    assert resources.failed(made) == failed


LOG = """I1124 06:01:50.1 14 main.go:400] Trial Name: t
I1124 06:01:52.1 14 main.go:143] epoch=1
I1124 06:01:52.2 14 main.go:143] Traceback (most recent call last):
F1124 06:01:53.1 14 main.go:425] Failed to wait for worker container: training container is failed. Unable
"""


def test_a_log_is_what_the_training_wrote() -> None:
    """Not what Katib's collector adds to it."""
    assert tail(LOG) == "epoch=1\nTraceback (most recent call last):"


def test_the_collectors_own_failure_is_kept() -> None:
    """A malformed JSON line, for one, kills the trial, and only the collector says so."""
    line = "F1124 06:01:53.1 14 main.go:231] Failed to unmarshal logs in JSON format, log: {"
    assert tail(line) == "Failed to unmarshal logs in JSON format, log: {"


def test_only_the_end_of_a_log_is_kept() -> None:
    """The error is at the end."""
    assert tail("\n".join(map(str, range(100)))).splitlines() == [str(n) for n in range(100 - LOG_LINES, 100)]


@pytest.fixture
def logs() -> Iterator[TrialLogs]:
    """Of a search that is nowhere."""
    with closing(TrialLogs(None, load(small("x", "image:1")))) as opened:  # type: ignore[arg-type]
        yield opened


def test_a_trial_that_succeeded_at_last_did_not_fail(logs: TrialLogs) -> None:
    """A Job with a backoffLimit may have had a pod that failed before."""
    logs._endings["t"] = Ending("t-1", 1, "Container 'training' exited 1 (Error)")
    found = logs.explained(Trial("t", {}, "Succeeded", message="Trial has succeeded"))
    assert (found.exit_code, found.message) == (0, "Trial has succeeded")


def test_what_katib_has_quoted_is_not_said_twice(logs: TrialLogs) -> None:
    """Katib puts the Job's reason into the trial's; what only an event knows is added."""
    logs._endings["t"] = Ending("t-1", 137, "Container 'training' exited 137 (OOMKilled)")
    trial = Trial("t", {}, "Failed", "TrialFailed. Job reason: BackoffLimitExceeded", "Trial has failed.")
    events = [
        {"involvedObject": {"name": "t"}, "reason": reason, "message": "m"}
        for reason in ("FailedMount", "BackoffLimitExceeded")
    ]
    quoted = "Trial has failed. Container 'training' exited 137 (OOMKilled)"
    assert logs.explained(trial, events).message == quoted
    assert logs.explained(trial, events[:1]).message.endswith(". FailedMount: m")


FILE = {
    "collector": {"kind": "File"},
    "source": {"fileSystemPath": {"path": "/out/m.json", "kind": "File", "format": "JSON"}},
}


def why(tail: str, state: TrialState = "MetricsUnavailable", **spec: Any) -> str:
    """What is said of a trial whose log ends so."""
    own = {"image": "none:1", "command": ["sh", "-c", "echo ${trialParameters.lr}"]}
    search = load(experiment(job(own), name="t", parameters=[grid("0.1", "0.9", "0.1")], **spec))
    return why_no_metric(search, Trial("t", {}, state, log_tail=tail))


@pytest.mark.parametrize(
    ("tail", "says"),
    [
        ("epoch 1\nloss: 0.5\ndone", "It prints `loss: 0.5`, and Katib's default filter reads only"),
        ("\x1b[32mloss=0.5\x1b[0m", r"The line `\x1b[32mloss=0.5\x1b[0m` has terminal escape codes"),
        ("val_loss=0.5", "In the line `val_loss=0.5` the name is `val_loss`, not 'loss'."),
        ("accuracy=0.5", ""),
        ("", ""),
    ],
)
def test_the_end_of_the_log_tells(tail: str, says: str) -> None:
    """The sentence is that of the local engine; where the name is not in the log's end, none."""
    assert why(tail).startswith(says)
    assert bool(why(tail)) == bool(says)


def test_what_is_printed_is_not_what_a_file_collector_reads() -> None:
    """Its log is not its file."""
    said = why("loss=0.5", metricsCollectorSpec=FILE)
    assert said.startswith("The line `loss=0.5` was printed, and the collector File does not read")
    assert why('{"loss": 0.5}', metricsCollectorSpec=FILE) == ""


def test_only_trials_without_metrics_are_explained() -> None:
    """Others have failed for reasons of their own."""
    assert why("loss: 0.5", "Failed") == ""


def test_the_reason_follows_katibs_own_words(logs: TrialLogs) -> None:
    """Which say only that there is no metric."""
    trial = Trial("t", {}, "MetricsUnavailable", message="Metrics are not available.", log_tail="loss: 0.5")
    assert logs.explained(trial).message.startswith("Metrics are not available. It prints `loss: 0.5`")

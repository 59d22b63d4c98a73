# SPDX-License-Identifier: Apache-2.0
"""Run and step as real pods tell them (tests/data/step_pods.yaml); a terminated run told from a moved pod."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from kfp_katib.engines.katib.step import step_of, terminated
from kfp_katib.engines.labels import label_value
from tests.places import DATA

PODS = yaml.safe_load((DATA / "step_pods.yaml").read_text())
NODE = "workflows.argoproj.io/node-name"


def at_node(name: str) -> dict[str, Any]:
    """The first recorded pod as that of another node of its Workflow."""
    return {"metadata": {**PODS[0], "annotations": {NODE: name}}}


@pytest.mark.parametrize(
    ("pod", "run", "step"),
    [
        pytest.param(
            PODS[0],
            "016cb5f5-47ff-4fec-8242-e537caf23781",
            "exit-handler-1.launch-katib",
            id="under an exit handler",
        ),
        pytest.param(PODS[1], "c866ab08-815d-4601-8da3-5580fd8635ed", "launch-katib", id="a second attempt"),
        pytest.param(PODS[2], "c866ab08-815d-4601-8da3-5580fd8635ed", "told", id="another step of that run"),
        pytest.param(
            PODS[3],
            "eda2d5dc-5c37-4aaa-8643-462db5a75284",
            "exit-handler-1.release.condition-1.promote",
            id="under a condition",
        ),
        pytest.param(
            PODS[4],
            "eda2d5dc-5c37-4aaa-8643-462db5a75284",
            "exit-handler-1.onExit.clean-up",
            id="the exit task",
        ),
    ],
)
def test_a_pod_tells_its_run_and_step(pod: dict[str, Any], run: str, step: str) -> None:
    """By a label, and by its node's way through the pipeline."""
    assert step_of({"metadata": pod}) == (run, step)
    assert label_value(step) == step


def test_attempts_are_one_step() -> None:
    """A retried pod has to find the search of the first."""
    first, second = (at_node(f"tune-pvc-mqvpt(0).root(0).tune(0).executor({each})") for each in (0, 1))
    assert step_of(first) == step_of(second)


def test_passes_of_a_loop_are_several_steps() -> None:
    """Argo names them by number and item; each has a search of its own."""
    passes = {
        step_of(at_node(f"tune-pvc-mqvpt(0).root(0).loop(0).pass({each}:lr)(0).tune(0).executor(0)"))
        for each in (0, 1)
    }
    assert len(passes) == 2


@pytest.mark.parametrize("metadata", [{}, {"labels": None}, {"labels": {"app": "notebook"}}], ids=str)
def test_a_pod_of_no_pipeline_tells_nothing(metadata: dict[str, Any]) -> None:
    """Then the launch is refused, as nobody says whose it is."""
    assert step_of({"metadata": metadata}) == ("", "")


NOW = datetime(2026, 11, 24, 7, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "started", "expected"),
    [
        ({}, "2026-11-24T06:00:00Z", False),
        ({"activeDeadlineSeconds": 0}, "2026-11-24T06:00:00Z", True),
        ({"activeDeadlineSeconds": 0}, None, True),
        ({"activeDeadlineSeconds": 3600}, "2026-11-24T06:00:00Z", True),
        ({"activeDeadlineSeconds": 3601}, "2026-11-24T06:00:00Z", False),
        ({"activeDeadlineSeconds": 3601}, None, False),
        ({"shutdown": "Terminate"}, None, True),
        ({"shutdown": "Stop"}, None, True),
    ],
    ids=[
        "runs",
        "terminated by Kubeflow Pipelines",
        "terminated before it started",
        "out of time",
        "has time",
        "not started",
        "terminated by Argo",
        "stopped by Argo",
    ],
)
def test_a_workflow_tells(spec: dict[str, Any], started: str | None, expected: bool) -> None:
    """Seen on Argo 4.0.5 and Kubeflow Pipelines 2.17."""
    assert terminated({"spec": spec, "status": {"startedAt": started}}, NOW) == expected

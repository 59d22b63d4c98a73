# SPDX-License-Identifier: Apache-2.0
"""A terminated run told from a pod that is merely moved, by its Workflow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kfp_katib.engines.katib.signals import terminated

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

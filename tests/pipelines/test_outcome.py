# SPDX-License-Identifier: Apache-2.0
"""Whether a model was released, and why, in a line that a user reads at the end of `make run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.outcome import released, report_of_a_failure

LIMITS: dict[str, Any] = {"error": [0, 0.1], "speed": [5, None]}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "yes: there are no thresholds"),
        ({"error": [0, 0.1]}, "yes: it keeps the threshold in limits.json"),
        (LIMITS, "yes: it keeps all 2 thresholds in limits.json"),
    ],
    ids=["no thresholds", "one", "two"],
)
def test_a_released_model_says_by_what(limits: dict[str, Any], said: str) -> None:
    """Without thresholds every model is released, which a user should know."""
    assert released({}, {"error": 0.05, "speed": 7.0}, limits, "limits.json", passed=True) == said


def test_a_model_that_is_not_released_says_which_thresholds_it_misses() -> None:
    """All of them, and none that it keeps."""
    observed = {"error": 0.25, "speed": 4.0, "size": 1.0}
    limits = {**LIMITS, "size": [0, 2], "drift": [0, 1]}
    assert released({}, observed, limits, "limits.json", passed=False) == (
        "no: by limits.json, error is 0.25, allowed is 0 to 0.1; speed is 4, allowed is at least 5; "
        "drift is nan, allowed is 0 to 1"
    )


def test_without_a_model_there_is_nothing_to_release() -> None:
    """Its trials wrote none."""
    assert released({"model": "none"}, {}, LIMITS, "limits.json", passed=False) == "no: no trial left a model"


def test_a_failed_run_leaves_no_earlier_runs_report(tmp_path: Path) -> None:
    """Whoever opens it would take it for this run's."""
    (tmp_path / "steps" / "run" / "launch-katib").mkdir(parents=True)
    (tmp_path / "report.html").write_text("earlier")
    assert report_of_a_failure(tmp_path) == ""
    assert not (tmp_path / "report.html").exists()
    (tmp_path / "steps" / "run" / "launch-katib" / "report").write_text("this one")
    assert Path(report_of_a_failure(tmp_path)).read_text() == "this one"

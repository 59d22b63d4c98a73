# SPDX-License-Identifier: Apache-2.0
"""What a pipeline gets is finite."""

from __future__ import annotations

from kfp_katib.experiment import load
from kfp_katib.results import Condition, Metric, Trial, conclude
from kfp_katib.steps.search.outputs import finite_metrics
from tests.builders.manifest import manifest


def test_metrics_are_finite() -> None:
    """A NaN would fail the step in a cluster; a dashboard could not show it anyway."""
    experiment = load(
        manifest(
            "train",
            "${trialParameters.lr}",
            objective={
                "type": "minimize",
                "objectiveMetricName": "loss",
                "additionalMetricNames": ["bad", "odd"],
            },
        )
    )
    metrics = {
        "loss": Metric("0.5", "1", "1"),
        "bad": Metric("nan", "inf", "nan"),
        "odd": Metric("unavailable", "unavailable", "7"),
    }
    counts = {"trials_Failed": 1.0, "trials_Succeeded": 1.0}
    best = Trial("a", {"lr": "0.1"}, "Succeeded", metrics=metrics)
    result = conclude(experiment, [best, Trial("b", {}, "Failed")], Condition("Succeeded"))
    assert finite_metrics(best, result) == {"loss": 0.5, "odd": 7.0} | counts

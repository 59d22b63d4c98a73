# SPDX-License-Identifier: Apache-2.0
"""What a pipeline gets is typed and finite."""

from __future__ import annotations

import pytest

from kfp_katib.experiment import load
from kfp_katib.launch.outcome import finite_metrics, typed
from kfp_katib.results import Metric, Trial, conclude
from tests.manifests import manifest


@pytest.mark.parametrize(
    ("kind", "space", "text", "expected"),
    [
        pytest.param("int", {"min": "1", "max": "9"}, "3", 3, id="int"),
        pytest.param("double", {"min": "1", "max": "9"}, "3.0", 3.0, id="double"),
        pytest.param("discrete", {"list": ["32", "0.5"]}, "32", 32, id="whole discrete"),
        pytest.param("discrete", {"list": ["32", "0.5"]}, "0.5", 0.5, id="broken discrete"),
        pytest.param("categorical", {"list": ["7", "adam"]}, "7", "7", id="categorical"),
    ],
)
def test_hyperparameters_have_the_type_of_their_space(
    kind: str, space: dict[str, object], text: str, expected: object
) -> None:
    """Katib's text becomes a number where the manifest says number, and stays text where it says category."""
    parameter = {"name": "lr", "parameterType": kind, "feasibleSpace": space}
    experiment = load(
        manifest(
            "train", "${trialParameters.lr}", algorithm={"algorithmName": "random"}, parameters=[parameter]
        )
    )
    value = typed({"lr": text}, experiment)["lr"]
    assert (value, type(value)) == (expected, type(expected))


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
    result = conclude(experiment, [best, Trial("b", {}, "Failed")], state="Succeeded", reason="", message="")
    assert finite_metrics(best, result) == {"loss": 0.5, "odd": 7.0} | counts

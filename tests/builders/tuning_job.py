# SPDX-License-Identifier: Apache-2.0
"""Tuning jobs as Vertex AI's REST API shows them, of which a test says only what it asks about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp_katib.experiment.model import Experiment
from tests.builders.experiment import experiment

Json = dict[str, Any]

NAME = "projects/1/locations/us-central1/hyperparameterTuningJobs/42"


def told(
    id: int,
    loss: float | str | None = None,
    state: str = "",
    *,
    parameters: Mapping[str, float | str] | None = None,
    **fields: Any,
) -> Json:
    """A trial; SUCCEEDED with `loss` as its final measurement where that is given, else INFEASIBLE.

    Args:
        id: Vertex AI's id of it.
        loss: The final measurement; 0 is left out, as Google leaves out what is the default.
        state: Another state.
        parameters: Its values, by default for the parameters of `tests.builders.experiment.experiment()`.
        fields: Other fields, instead of these.
    """
    given = {"lr": 0.01, "batch_size": 16.0 + id, "activation": "relu"} if parameters is None else parameters
    measured = {"metricId": "loss", **({"value": loss} if loss else {})}
    return {
        "id": str(id),
        "state": state or ("INFEASIBLE" if loss is None else "SUCCEEDED"),
        "parameters": [{"parameterId": name, "value": value} for name, value in given.items()],
        "startTime": "2026-01-02T03:04:05Z",
        "endTime": "2026-01-02T03:05:05.123456789Z",
        **({} if loss is None else {"finalMeasurement": {"stepCount": "3", "metrics": [measured]}}),
        **fields,
    }


def tuning_job(*trials: Json, of: Experiment | None = None, state: str = "SUCCEEDED", **fields: Any) -> Json:
    """A job that ran an Experiment.

    Args:
        trials: Its trials.
        of: The Experiment, by default `tests.builders.experiment.experiment()`.
        state: Its state without Google's prefix.
        fields: Other fields, instead of these.
    """
    of = of or experiment()
    return {
        "name": NAME,
        "displayName": of.name,
        "studySpec": {"parameters": [{"parameterId": each.name} for each in of.parameters]},
        "trials": [*trials],
        "state": f"JOB_STATE_{state}",
        **fields,
    }

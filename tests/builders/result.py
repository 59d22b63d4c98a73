# SPDX-License-Identifier: Apache-2.0
"""Trials with their metrics, and the verdict on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kfp_katib.experiment.model import (
    Experiment,
)
from kfp_katib.results import Condition, ExperimentState, Metric, Result, Trial, TrialState, conclude
from tests.builders.experiment import experiment

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def metric(value: str) -> Metric:
    """A metric that was reported once, aggregated as Katib does: text stays out of min and max."""
    try:
        float(value)
    except ValueError:
        return Metric(latest=value)
    return Metric(value, value, value)


def trial(
    number: int,
    value: str | None = None,
    *,
    state: TrialState = "Succeeded",
    parameters: Mapping[str, str] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    reason: str = "",
    message: str = "",
    exit_code: int | None = None,
    log_tail: str = "",
) -> Trial:
    """The trial of a number, one minute long, with `loss` where a value is given."""
    started = START + timedelta(minutes=number)
    reported = {} if value is None else {"loss": metric(value)}
    return Trial(
        name=f"tune-{number}",
        parameters=parameters
        if parameters is not None
        else {"lr": f"0.00{number + 1}", "batch_size": str(16 + number), "activation": "relu"},
        state=state,
        reason=reason or f"Trial{state}",
        message=message,
        metrics=metrics if metrics is not None else reported,
        started=started,
        ended=started + timedelta(seconds=60),
        exit_code=exit_code,
        log_tail=log_tail,
    )


def bare_trial(name: str, state: TrialState = "Succeeded", loss: str = "", **fields: Any) -> Trial:
    """A trial of which a test says all that there is; when it ran is not known."""
    metrics = {"loss": metric(loss)} if loss else {}
    return Trial(name, **{"parameters": {"lr": "0.1"}, "state": state, "metrics": metrics, **fields})


def result(
    trials: Sequence[Trial],
    of: Experiment | None = None,
    *,
    state: ExperimentState = "Succeeded",
    reason: str = "ExperimentMaxTrialsReached",
    message: str = "Experiment has succeeded because max trial count has reached",
    notes: Sequence[str] = (),
    katib_best: str | None = None,
) -> Result:
    """The verdict on trials of `experiment()`."""
    return conclude(
        of or experiment(),
        trials,
        Condition(state, reason, message),
        notes=notes,
        katib_best=katib_best,
    )

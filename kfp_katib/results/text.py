# SPDX-License-Identifier: Apache-2.0
"""A Result as text for other programs: the trials as CSV, the whole as JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

from kfp_katib.results.best import objective_value
from kfp_katib.results.model import Metric, Result, Trial


def trials_csv(result: Result) -> str:
    """The trials, one row each in order of creation, under one header.

    Columns: what Trial holds (without the log), then `objective` (the finite number that the search
    compares, empty where there is none), then `parameter.<name>` and `metric.<name>.<min|max|latest>`, in
    the manifest's order. The prefixes keep a parameter and a metric of one name apart. Times are ISO 8601.
    A carriage return in a text becomes a line feed, which readers take for part of a quoted value.
    """
    text = io.StringIO()
    rows = [_row(trial, result) for trial in result.trials]
    writer = csv.DictWriter(text, _columns(result), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _in_one_row(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def to_json(result: Result) -> str:
    """The Result as JSON: its fields by name, the experiment as its manifest, the best trial by name.

    Metrics stay Katib's text; `best_value` is null where no trial has a finite objective.
    """
    return json.dumps(_document(result), indent=2, ensure_ascii=False, allow_nan=False)


_FIXED = (
    "name",
    "state",
    "reason",
    "message",
    "started",
    "ended",
    "seconds",
    "exit_code",
    "model_uri",
    "objective",
)
_AGGREGATES = ("min", "max", "latest")


def _columns(result: Result) -> list[str]:
    """The header, the same whether or not a trial reported anything."""
    experiment = result.experiment
    parameters = _names([p.name for p in experiment.parameters], [list(t.parameters) for t in result.trials])
    metrics = _names(list(experiment.objective.metrics), [list(t.metrics) for t in result.trials])
    return [
        *_FIXED,
        *(f"parameter.{name}" for name in parameters),
        *(f"metric.{name}.{aggregate}" for name in metrics for aggregate in _AGGREGATES),
    ]


def _in_one_row(value: object) -> object:
    """Python's writer leaves a bare carriage return unquoted, and its reader then starts a row."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _names(first: list[str], others: list[list[str]]) -> list[str]:
    return list(dict.fromkeys([*first, *(name for names in others for name in names)]))


def _row(trial: Trial, result: Result) -> dict[str, object]:
    value = objective_value(trial, result.experiment.objective)
    row: dict[str, object] = {
        "name": trial.name,
        "state": trial.state,
        "reason": trial.reason,
        "message": trial.message,
        "started": _time(trial.started),
        "ended": _time(trial.ended),
        "seconds": trial.seconds,
        "exit_code": trial.exit_code,
        "model_uri": trial.model_uri,
        "objective": value,
    }
    row.update({f"parameter.{name}": text for name, text in trial.parameters.items()})
    for name, metric in trial.metrics.items():
        row.update({f"metric.{name}.{key}": text for key, text in _metric(metric).items()})
    return row


def _document(result: Result) -> dict[str, Any]:
    objective = result.experiment.objective
    return {
        "experiment": result.experiment.name,
        "namespace": result.experiment.namespace,
        "state": result.state,
        "reason": result.reason,
        "message": result.message,
        "succeeded": result.succeeded,
        "best_trial": result.best.name if result.best else None,
        "best_value": objective_value(result.best, objective) if result.best else None,
        "best_hyperparameters": dict(result.best.parameters) if result.best else {},
        "katib_best_trial": result.katib_best or None,
        "notes": list(result.notes),
        "trials": [_trial(trial, result) for trial in result.trials],
        "manifest": result.experiment.manifest,
    }


def _trial(trial: Trial, result: Result) -> dict[str, Any]:
    return {
        "name": trial.name,
        "parameters": dict(trial.parameters),
        "state": trial.state,
        "reason": trial.reason,
        "message": trial.message,
        "objective": objective_value(trial, result.experiment.objective),
        "metrics": {name: _metric(metric) for name, metric in trial.metrics.items()},
        "started": _time(trial.started),
        "ended": _time(trial.ended),
        "seconds": trial.seconds,
        "exit_code": trial.exit_code,
        "log_tail": trial.log_tail,
        "model_uri": trial.model_uri,
    }


def _metric(metric: Metric) -> dict[str, str]:
    return {"min": metric.min, "max": metric.max, "latest": metric.latest}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

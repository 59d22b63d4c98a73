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


_AGGREGATES = ("min", "max", "latest")
_FACTS = (
    *("name", "state", "reason", "message", "started", "ended", "seconds"),
    *("exit_code", "model_uri", "objective"),
)


def _columns(result: Result) -> list[str]:
    """The header, the same whether or not a trial reported anything."""
    experiment = result.experiment
    parameters = _names([p.name for p in experiment.parameters], [list(t.parameters) for t in result.trials])
    metrics = _names(list(experiment.objective.metrics), [list(t.metrics) for t in result.trials])
    return [
        *_FACTS,
        *(f"parameter.{name}" for name in parameters),
        *(f"metric.{name}.{aggregate}" for name in metrics for aggregate in _AGGREGATES),
    ]


def _in_one_row(value: object) -> object:
    """Python's writer leaves a bare carriage return unquoted, and its reader then starts a row."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _names(first: list[str], others: list[list[str]]) -> list[str]:
    return list(dict.fromkeys([*first, *(name for names in others for name in names)]))


def _row(trial: Trial, result: Result) -> dict[str, object]:
    row = _facts(trial, result)
    row.update({f"parameter.{name}": text for name, text in trial.parameters.items()})
    for name, metric in trial.metrics.items():
        row.update({f"metric.{name}.{key}": text for key, text in _metric(metric).items()})
    return row


def _facts(trial: Trial, result: Result) -> dict[str, object]:
    """What has one value for every trial."""
    own = {name: getattr(trial, name) for name in _FACTS if name != "objective"}
    times = {name: moment.isoformat() for name, moment in own.items() if isinstance(moment, datetime)}
    return own | times | {"objective": objective_value(trial, result.experiment.objective)}


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
    return _facts(trial, result) | {
        "parameters": dict(trial.parameters),
        "metrics": {name: _metric(metric) for name, metric in trial.metrics.items()},
        "log_tail": trial.log_tail,
    }


def _metric(metric: Metric) -> dict[str, str]:
    return {"min": metric.min, "max": metric.max, "latest": metric.latest}

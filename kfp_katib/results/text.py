# SPDX-License-Identifier: Apache-2.0
"""A Result as text for other programs: the trials as CSV, the whole as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kfp_katib.results.result import Metric, Result, Trial
from kfp_katib.results.values import objective_value

if TYPE_CHECKING:
    from kfp_katib.results.progress import Progress

PARAMETER, METRIC = "parameter.", "metric."
"""How the columns of the CSV begin that hold a parameter's value, or one of a metric's aggregates."""

AGGREGATES = tuple(field.name for field in fields(Metric))
"""A metric's aggregates, by which the names of its columns end."""


def trials_csv(result: Result) -> str:
    """The trials, one row each in order of creation, under one header.

    Columns: what Trial holds (without the log), then `objective` (the finite number that the search
    compares, empty where there is none), then `parameter.<name>` and `metric.<name>.<min|max|latest>`, in
    the manifest's order. The prefixes keep a parameter and a metric of one name apart. Times are ISO 8601.
    A carriage return in a text becomes a line feed, which readers take for part of a quoted value.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(result), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(trial, result) for trial in result.trials)
    return text.getvalue()


def to_json(result: Result) -> str:
    """The Result as JSON: its fields by name, the experiment as its manifest, the best trial by name.

    Metrics stay Katib's text; `best_value` is null where no trial has a finite objective.
    """
    return json.dumps(document(result), indent=2, ensure_ascii=False, allow_nan=False)


_FACTS = ("name", "state", "reason", "message", "started", "ended", "seconds", "exit_code", "model_uri")


def _columns(result: Result) -> list[str]:
    """The header, the same whether or not a trial reported anything."""
    parameters = dict.fromkeys(parameter.name for parameter in result.experiment.parameters)
    metrics = dict.fromkeys(result.experiment.objective.metrics)
    for trial in result.trials:
        parameters |= dict.fromkeys(trial.parameters)
        metrics |= dict.fromkeys(trial.metrics)
    return [
        *_FACTS,
        "objective",
        *(f"{PARAMETER}{name}" for name in parameters),
        *(f"{METRIC}{name}.{aggregate}" for name in metrics for aggregate in AGGREGATES),
    ]


def _row(trial: Trial, result: Result) -> dict[str, object]:
    row = _facts(trial, result)
    row |= {f"{PARAMETER}{name}": text for name, text in trial.parameters.items()}
    for name, metric in trial.metrics.items():
        row |= {f"{METRIC}{name}.{key}": text for key, text in asdict(metric).items()}
    # Python's writer leaves a bare carriage return unquoted, and its reader then starts a row.
    return {
        key: value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
        for key, value in row.items()
    }


def _facts(trial: Trial, result: Result | Progress) -> dict[str, object]:
    """The fields that every trial has."""
    own = {name: getattr(trial, name) for name in _FACTS}
    times = {name: moment.isoformat() for name, moment in own.items() if isinstance(moment, datetime)}
    return own | times | {"objective": objective_value(trial, result.experiment.objective)}


def document(result: Result) -> dict[str, Any]:
    """What `to_json` writes."""
    experiment, best = result.experiment, result.best
    return {
        "experiment": experiment.name,
        "namespace": experiment.namespace,
        "state": result.state,
        "reason": result.reason,
        "message": result.message,
        "succeeded": result.succeeded,
        "best_trial": best.name if best else None,
        "best_value": objective_value(best, experiment.objective) if best else None,
        "best_hyperparameters": dict(best.parameters) if best else {},
        "katib_best_trial": result.katib_best or None,
        "notes": list(result.notes),
        "trials": [trial_document(trial, result) for trial in result.trials],
        "manifest": experiment.manifest,
    }


def trial_document(trial: Trial, result: Result | Progress) -> dict[str, Any]:
    """What `to_json` writes of one trial."""
    return _facts(trial, result) | {
        "parameters": dict(trial.parameters),
        "metrics": {name: asdict(metric) for name, metric in trial.metrics.items()},
        "log_tail": trial.log_tail,
    }

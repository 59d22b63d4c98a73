# SPDX-License-Identifier: Apache-2.0
"""A Result as text for other programs: the trials as CSV, the whole as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kfp_katib.results.provenance import Provenance
from kfp_katib.results.result import Result
from kfp_katib.results.table import columns, facts, row
from kfp_katib.results.trials import Trial
from kfp_katib.results.values import compared

if TYPE_CHECKING:
    from kfp_katib.results.progress import Progress


def trials_csv(result: Result) -> str:
    """The trials, one row each in order of creation, under one header.

    Columns: what Trial holds (without the log), then `objective` (the finite number that the search
    compares, for darts the text, empty where there is none), then `parameter.<name>` and
    `metric.<name>.<min|max|latest>`, in the manifest's order. The prefixes keep a parameter and a metric of
    one name apart. Times are ISO 8601.
    A carriage return in a text becomes a line feed, which readers take for part of a quoted value.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(result.experiment, result.trials), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(trial, result) for trial in result.trials)
    return text.getvalue()


def to_json(result: Result) -> str:
    """The Result as JSON: its fields by name, the experiment as its manifest, the best trial by name.

    Metrics stay Katib's text; `best_value` is null where no trial has a finite objective, and a text where
    those are values (darts).
    """
    return json.dumps(document(result), indent=2, ensure_ascii=False, allow_nan=False)


def _row(trial: Trial, result: Result) -> dict[str, object]:
    # Python's writer leaves a bare carriage return unquoted, and its reader then starts a row.
    return {
        key: value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
        for key, value in _written(row(trial, result.experiment)).items()
    }


def _written(cells: dict[str, object]) -> dict[str, object]:
    """The same with times as text."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in cells.items()
    }


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
        "best_value": compared(best, experiment.objective) if best else None,
        "best_hyperparameters": dict(best.parameters) if best else {},
        "katib_best_trial": result.katib_best or None,
        "directions": experiment.objective.directions,
        "pareto_trials": [trial.name for trial in result.pareto],
        "notes": list(result.notes),
        "provenance": _provenance(result.provenance),
        "trials": [trial_document(trial, result) for trial in result.trials],
        "manifest": experiment.manifest,
    }


def _provenance(known: Provenance) -> dict[str, Any]:
    """Of what the search was told only how much and of whom: the trials are in their own search's JSON."""
    sources = [asdict(source) for source in known.told.sources]
    return {"seed": known.seed or None, "versions": dict(known.versions), "warm_start": sources}


def trial_document(trial: Trial, result: Result | Progress) -> dict[str, Any]:
    """What `to_json` writes of one trial."""
    return _written(facts(trial, result.experiment)) | {
        "parameters": dict(trial.parameters),
        "metrics": {name: asdict(metric) for name, metric in trial.metrics.items()},
        "log_tail": trial.log_tail,
        "curve": trial.curve,
        "python": trial.python,
        "checkpoint": trial.checkpoint,
    }

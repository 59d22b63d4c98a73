# SPDX-License-Identifier: Apache-2.0
"""The outputs of a launch: values for the pipeline's next steps, and files for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kfp_katib.report.words import exit_code, log_end
from kfp_katib.results import (
    Result,
    Trial,
    Value,
    assignments,
    metric_text,
    number,
    objective_text,
    objective_value,
    trials_csv,
)

if TYPE_CHECKING:
    from kfp_katib.storage import Checkpoint

_LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class Files:
    """Where the outputs are written: a folder for the best model, and three files."""

    model: str | Path
    trials: str | Path
    summary: str | Path
    report: str | Path


@dataclass(frozen=True, slots=True)
class LaunchOutputs:
    """The outputs of a search that are not files.

    Attributes:
        experiment: The name under which the Experiment ran.
        trial: The name of the trial whose model is collected, or the best one where there is no model.
        value: Its objective.
        parameters: Its hyperparameters, numbers as numbers.
        metrics: Its metrics, and how many trials ended in which state; all finite.
        metadata: The collected model's metadata: text and finite numbers.
    """

    experiment: str
    trial: str
    value: float
    parameters: Mapping[str, Value]
    metrics: Mapping[str, float]
    metadata: Mapping[str, Value]


def outputs(result: Result, trial: Trial, models: str, checkpoint: Checkpoint | None) -> LaunchOutputs:
    """The outputs for one trial of a search.

    Args:
        result: The search's Result.
        trial: A trial with a finite objective.
        models: The root of the models.
        checkpoint: The trial's model, None where it has none.
    """
    experiment = result.experiment
    value = objective_value(trial, experiment.objective)
    assert value is not None, trial.name
    parameters = assignments(trial, experiment.parameters)
    metadata: dict[str, Value] = {
        "experiment": experiment.name,
        "model": "collected" if checkpoint else "none",
        "models": models,
        "trial": trial.name,
        "metric": experiment.objective.metric,
        "value": value,
        "parameters": json.dumps(parameters),
    }
    if checkpoint and checkpoint.epoch is not None:
        metadata["epoch"] = checkpoint.epoch
    metrics = finite_metrics(trial, result)
    return LaunchOutputs(experiment.name, trial.name, value, parameters, metrics, metadata)


def finite_metrics(trial: Trial, result: Result) -> dict[str, float]:
    """A trial's metrics by their strategies, and the number of trials in each state, for a dashboard."""
    strategies = result.experiment.objective.strategies
    values = {
        name: number(metric_text(metric, strategies.get(name, "latest")))
        for name, metric in trial.metrics.items()
    }
    states = Counter(trial.state for trial in result.trials)
    counts = {f"trials_{state}": float(count) for state, count in sorted(states.items())}
    return {name: value for name, value in values.items() if value is not None} | counts


def write_reports(result: Result, files: Files, *, collected: Trial | None = None) -> None:
    """Write the trials as CSV, the summary and the report, whether or not the search failed.

    Args:
        result: The search's Result so far.
        files: Where to write them.
        collected: The trial whose model was taken.
    """
    from kfp_katib import report

    texts = {
        files.trials: trials_csv(result),
        files.summary: report.markdown(result, collected=collected),
        files.report: report.html(result, collected=collected),
    }
    for path, text in texts.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")


def failure(result: Result) -> str:
    """Why a search failed, in the words of its last failed trial."""
    name, limit = result.experiment.name, result.experiment.max_failed_trial_count
    head = f"Experiment '{name}' failed ({result.reason or result.state}): {result.message}".rstrip(": ")
    seen = (
        f"{len(result.failures)} of {len(result.trials)} trials failed, "
        f"maxFailedTrialCount is {'not set' if limit is None else limit}."
    )
    if not result.failures:
        return "\n".join([head, seen, _without_objective(result)])
    last = max(result.failures, key=lambda trial: trial.ended.timestamp() if trial.ended else 0.0)
    return "\n".join([head, seen, *_last_words(last), "Fix the trial's command or its code, then run again."])


def _last_words(trial: Trial) -> Sequence[str]:
    why = " ".join(part for part in (trial.reason, trial.message) if part)
    head = f"Last: trial '{trial.name}', {trial.state} ({why or 'no reason given'}){exit_code(trial)}"
    log = log_end(trial, lines=_LOG_LINES).splitlines()
    return [f"{head}. The end of its log:", *(f"    {line}" for line in log)] if log else [f"{head}; no log."]


def _without_objective(result: Result) -> str:
    objective = result.experiment.objective
    shown = [f"{t.name}: {objective_text(t, objective) or 'empty'}" for t in result.trials[:3]]
    return f"No trial has a finite {objective.metric} ({'; '.join(shown) or 'there is no trial'})."

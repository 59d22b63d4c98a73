# SPDX-License-Identifier: Apache-2.0
"""The outputs of a search: values for the pipeline's next steps, and files for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kfp_katib.errors import ExperimentFailed, StorageError, Unfinished
from kfp_katib.report.words import exit_code, log_end
from kfp_katib.results import (
    Result,
    Trial,
    Value,
    assignments,
    compared,
    metric_text,
    number,
    objective_text,
    trials_csv,
)

if TYPE_CHECKING:
    from kfp_katib.steps.search.plan import Plan
    from kfp_katib.storage import Checkpoint, Collected

_LOG_LINES = 20


@dataclass(frozen=True, slots=True)
class Files:
    """Where the outputs are written: a folder for the best model, and three files."""

    model: str | Path
    trials: str | Path
    summary: str | Path
    report: str | Path


@dataclass(frozen=True, slots=True)
class SearchOutputs:
    """The outputs of a search that are not files.

    Attributes:
        experiment: The name under which the Experiment ran.
        trial: The name of the trial whose model is collected, or the best one where there is no model.
        value: Its objective; 0 for a text (darts), as Katib counts it, which is in `metadata`.
        parameters: Its hyperparameters, numbers as numbers.
        metrics: Its metrics, and how many trials ended in which state; all finite.
        metadata: The collected model's metadata, text and finite numbers: where it comes from.
    """

    experiment: str
    trial: str
    value: float
    parameters: Mapping[str, Value]
    metrics: Mapping[str, float]
    metadata: Mapping[str, Value]

    @property
    def best(self) -> tuple[Mapping[str, Value], str, float, str, str]:
        """What a component returns, in its order; the parameters a second time as JSON.

        Kubeflow Pipelines makes floats of a dictionary's whole numbers.
        """
        return self.parameters, json.dumps(self.parameters), self.value, self.trial, self.experiment


def delivered(planned: Plan, files: Files, search: Callable[[], Result]) -> SearchOutputs:
    """The outputs of a search, whose reports are written whatever becomes of it.

    Args:
        planned: What runs.
        files: Where the outputs go.
        search: Gives its Result, or raises Unfinished.

    Raises:
        ExperimentFailed: The search failed, or no trial has a finite objective.
        Unfinished: It has no verdict.
        StorageError: The manifest says that trials write models, and no trial left one.
    """
    try:
        result = search()
        if not result.usable:
            raise ExperimentFailed(failure(result), result)
    except (Unfinished, ExperimentFailed) as error:
        if error.result:
            write_reports(error.result, files)
        raise
    return finish(planned, result, files)


def finish(planned: Plan, result: Result, files: Files) -> SearchOutputs:
    """The outputs of a search with a best trial: the best whole model copied, the reports written."""
    try:
        collected = _collect(planned, result, files)
    except BaseException:  # whatever failed, the search's results are not lost
        write_reports(result, files)
        raise
    told = replace(result, notes=(*result.notes, *collected.notes))
    write_reports(told, files, collected=collected.trial)
    trial = collected.trial or result.best
    assert trial is not None
    return outputs(planned, result, trial, collected.checkpoint)


def _collect(planned: Plan, result: Result, files: Files) -> Collected:
    from kfp_katib.storage import Collected, collect
    from kfp_katib.storage.stores import trouble

    with trouble(f"making {files.model}", missing=StorageError):
        Path(files.model).mkdir(parents=True, exist_ok=True)
    if not planned.models:
        return Collected(None, None)
    collected = collect(result, planned.models, files.model)
    if planned.expects_model and not collected.trial:
        raise StorageError(
            f"Experiment '{result.experiment.name}': no trial left a whole model. Looked in:\n"
            + "\n".join(f"    {folder}" for folder in collected.looked_in)
            + f"\n{collected.notes[0] if collected.notes else ''}".rstrip()
            + "\nHave the trial write its files there, and model.json last."
        )
    return collected


def outputs(planned: Plan, result: Result, trial: Trial, checkpoint: Checkpoint | None) -> SearchOutputs:
    """The outputs for one trial of a search.

    Args:
        planned: What ran.
        result: The search's Result.
        trial: A trial that competes.
        checkpoint: The trial's model, None where it has none.
    """
    experiment = result.experiment
    value = compared(trial, experiment.objective)
    assert value is not None, trial.name
    parameters = assignments(trial, experiment.parameters)
    metadata: dict[str, Value] = {
        "experiment": experiment.name,
        "model": "collected" if checkpoint else "none",
        "models": planned.models,
        "trial": trial.name,
        "metric": experiment.objective.metric,
        "value": value,
        "parameters": json.dumps(parameters),
        "manifest_sha256": planned.manifest_hash,
        "image": experiment.trial_template.image,
    }
    if checkpoint and checkpoint.epoch is not None:
        metadata["epoch"] = checkpoint.epoch
    metrics = finite_metrics(trial, result)
    counted = 0.0 if isinstance(value, str) else value
    return SearchOutputs(experiment.name, trial.name, counted, parameters, metrics, metadata)


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
        return "\n".join([head, seen, *([] if result.best else [_without_objective(result)])])
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

# SPDX-License-Identifier: Apache-2.0
"""What a search leaves for people to read, written whether it succeeded or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kfp_katib.report.words import exit_code, log_end
from kfp_katib.results import Result, Trial, objective_text, trials_csv

if TYPE_CHECKING:
    from kfp_katib.steps.launch_katib.request import Files

_LOG_LINES = 20


def write_evidence(result: Result, files: Files, *, delivered: Trial | None = None) -> None:
    """Write the trials as CSV, the summary and the report.

    Args:
        result: What is known.
        files: Where to.
        delivered: The trial whose model was taken.
    """
    from kfp_katib import report

    texts = {
        files.trials: trials_csv(result),
        files.summary: report.markdown(result, delivered=delivered),
        files.report: report.html(result, delivered=delivered),
    }
    for path, text in texts.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")


def failure(result: Result) -> str:
    """Why a search failed, in the words of its last failed trial."""
    name, total = result.experiment.name, len(result.trials)
    failed = result.failures
    head = f"Experiment '{name}' failed ({result.reason or result.state}): {result.message}".rstrip(": ")
    seen = f"{len(failed)} of {total} trials failed, maxFailedTrialCount is {_limit(result)}."
    if not failed:
        return "\n".join([head, seen, *_without_objective(result)])
    last = max(failed, key=lambda trial: trial.ended.timestamp() if trial.ended else 0.0)
    return "\n".join(
        [head, seen, *_last_words(last), "Mend the trial's command or its code, then run again."]
    )


def _limit(result: Result) -> str:
    limit = result.experiment.max_failed_trial_count
    return "not set" if limit is None else str(limit)


def _last_words(trial: Trial) -> Sequence[str]:
    why = " ".join(part for part in (trial.reason, trial.message) if part)
    head = f"Last: trial '{trial.name}', {trial.state} ({why or 'no reason given'}){exit_code(trial)}"
    log = log_end(trial, lines=_LOG_LINES).splitlines()
    return [f"{head}. The end of its log:", *(f"    {line}" for line in log)] if log else [f"{head}; no log."]


def _without_objective(result: Result) -> Sequence[str]:
    objective = result.experiment.objective
    shown = [f"{t.name}: {objective_text(t, objective) or 'empty'}" for t in result.trials[:3]]
    return [f"No trial has a finite {objective.metric} ({'; '.join(shown) or 'there is no trial'})."]

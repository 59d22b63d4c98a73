# SPDX-License-Identifier: Apache-2.0
"""Trials as users see them, made of what the journal and their folders say."""

from __future__ import annotations

from dataclasses import replace

from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import EARLY_STOPPED, Trial, TrialCondition, trial_model_uri
from kfp_katib.results.brief import counted


def trial_of(record: Record, experiment: Experiment, models: str) -> Trial:
    """A trial built from its record; its log is not read.

    Args:
        record: What the journal knows.
        experiment: Whose trial it is.
        models: URI root of the checkpoints; empty if there is none.
    """
    outcome = record.outcome or (_STOPPING if record.stopping else _RUNNING if record.process else _PENDING)
    return Trial(
        name=record.name,
        parameters=record.parameters,
        state=outcome.state,
        reason=outcome.reason,
        message=outcome.message,
        metrics=outcome.metrics,
        started=record.started,
        ended=record.ended,
        exit_code=record.exit_code,
        model_uri=trial_model_uri(models, experiment.name, record.name),
        python=record.python,
    )


def left_out(journal: Journal) -> tuple[str, ...]:
    """A note on the failed trials that other ones stand for, if there are any."""
    count = len(journal.retried)
    was, counts = ("was", "counts") if count == 1 else ("were", "count")
    told = f"{counted(count, 'failed trial')} {was} run again and no longer {counts}."
    return (told,) if count else ()


def in_full(trial: Trial, curve: tuple[tuple[int, float], ...], folder: RunFolder) -> Trial:
    """The trial with its curve, its checkpoint, and the end of its log if it has ended."""
    files = folder.trial(trial.name)
    log = files.log_tail() if trial.completed else ""
    kept = str(files.checkpoint) if files.checkpoint.is_dir() else ""
    return replace(trial, log_tail=log, curve=curve, checkpoint=kept)


_RUNNING = TrialCondition("Running", "TrialRunning", "Trial is running")
_STOPPING = TrialCondition("Running", EARLY_STOPPED, "Trial is being stopped early")
_PENDING = TrialCondition("Pending", "TrialCreated", "Trial is created; it runs when the search goes on")

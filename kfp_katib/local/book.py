# SPDX-License-Identifier: Apache-2.0
"""The book of a search: its trials in memory and in the journal, told to the study and counted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kfp_katib.experiment.model import Experiment
from kfp_katib.local import journal
from kfp_katib.local.folder import RunFolder
from kfp_katib.local.journal import Record
from kfp_katib.local.names import trial_name
from kfp_katib.local.outcome import Outcome
from kfp_katib.local.processes import Process
from kfp_katib.local.search.suggestions import SEED, Suggestions
from kfp_katib.local.verdict import RUNNING, Tally, Verdict
from kfp_katib.results import Result, Trial, conclude, objective_value

logger = logging.getLogger(__name__)


class Book:
    """Every change of a trial goes through here: first into the journal, then to whoever looks on.

    Args:
        experiment: What runs.
        folder: Where it runs.
        suggestions: Its open study.
        models: URI root of the checkpoints, empty where there is none.
        notes: Sentences for the Result.
        on_update: Called after each change with the Result so far.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunFolder,
        suggestions: Suggestions,
        *,
        models: str = "",
        notes: tuple[str, ...] = (),
        on_update: Callable[[Result], None] | None = None,
    ) -> None:
        self._experiment = experiment
        self._folder = folder
        self._suggestions = suggestions
        self._models = models.rstrip("/")
        self._notes = notes
        self.on_update = on_update
        self._trials: list[Trial] = []
        self._names: set[str] = set()
        self.tally = Tally()

    def restore(self, record: Record) -> None:
        """Take over a trial of an earlier engine, which may not have come to tell the study."""
        self._enter(record, quiet=True)
        if record.outcome and not record.told:
            self._tell(record.number)

    def named(self, record: Record) -> Record:
        """The record with the trial's name, chosen now where it has none."""
        if record.name:
            return record
        study = self._suggestions.study
        seed = self._experiment.algorithm.settings.get("random_state") or study.user_attrs.get(SEED)
        source = f"{seed}/{self._folder.earlier}/{self._experiment.manifest_json}"
        return replace(record, name=trial_name(self._experiment.name, source, record.number, self._names))

    def started(self, record: Record, process: Process, when: datetime) -> Record:
        """A trial has its process."""
        record = replace(record, process=process, started=when)
        self._write(record)
        return record

    def completed(self, record: Record, outcome: Outcome, *, when: datetime, exit_code: int | None) -> None:
        """A trial has ended."""
        record = replace(record, outcome=outcome, ended=when, exit_code=exit_code)
        self._write(record)
        self._tell(record.number)

    def put_back(self, record: Record) -> None:
        """A trial is stopped by us and will run again when the search goes on."""
        self._write(replace(record, process=None, started=None))

    def result(self, verdict: Verdict = RUNNING, *more_notes: str) -> Result:
        """The Result by what is known now."""
        return conclude(
            self._experiment,
            self._trials,
            state=verdict.state,
            reason=verdict.reason,
            message=verdict.message,
            notes=(*self._notes, *more_notes),
        )

    def _write(self, record: Record) -> None:
        journal.write(self._suggestions.study, record)
        self._enter(record)
        if self.on_update:
            self.on_update(self.result())

    def _enter(self, record: Record, *, quiet: bool = False) -> None:
        trial = self._trial(record)
        self._trials[record.number : record.number + 1] = [trial]
        self._names.add(record.name)
        if trial.completed:
            self.tally.add(trial, self._experiment.objective)
        if not quiet:
            logger.info("trial %s: %s %s", trial.name, trial.state, trial.message)

    def _tell(self, number: int) -> None:
        value = objective_value(self._trials[number], self._experiment.objective)
        self._suggestions.tell(number, value)

    def _trial(self, record: Record) -> Trial:
        uri = f"{self._models}/{self._experiment.name}/{record.name}" if self._models else ""
        if record.outcome is None:
            state: Outcome = _RUNNING if record.process else _PENDING
            return Trial(
                record.name,
                record.parameters,
                state.state,
                state.reason,
                state.message,
                started=record.started,
                model_uri=uri,
            )
        return Trial(
            name=record.name,
            parameters=record.parameters,
            state=record.outcome.state,
            reason=record.outcome.reason,
            message=record.outcome.message,
            metrics=record.outcome.metrics,
            started=record.started,
            ended=record.ended,
            exit_code=record.exit_code,
            log_tail=self._folder.trial(record.name).log_tail(),
            model_uri=uri,
        )


_RUNNING = Outcome("Running", "TrialRunning", "Trial is running")
_PENDING = Outcome("Pending", "TrialCreated", "Trial is created; it runs when the search goes on")

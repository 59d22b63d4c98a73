# SPDX-License-Identifier: Apache-2.0
"""The trials of a search: named, written to the journal, told to the study and counted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from kfp_katib.engines.local.descent import with_descent
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.journal_attributes import SEED
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.origin import provenance
from kfp_katib.engines.local.recorded_trials import in_full, left_out, trial_of
from kfp_katib.engines.local.trial_names import trial_name
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import (
    FAILED,
    Condition,
    Progress,
    Reports,
    Result,
    Score,
    Trial,
    TrialCondition,
    conclude,
    objective_value,
)
from kfp_katib.results.verdict import RUNNING
from kfp_katib.trial.processes import Process

if TYPE_CHECKING:
    from kfp_katib.engines.local.search.suggestions import Suggestions

logger = logging.getLogger(__name__)


class TrialStore:
    """Every change of a trial goes through here: first to the journal, then to `on_update`.

    Args:
        experiment: What runs.
        folder: Where it runs.
        suggestions: Its open study.
        models: URI root of the checkpoints, empty if there is none.
        python: The interpreter behind `python` in a trial's command; empty if it is the caller's own.
        notes: Sentences for the Result.
        at_start: Gives them anew once the first trial runs; None if no more is known then.
        on_update: Called after each change, once `begin` has been called.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunFolder,
        suggestions: Suggestions,
        *,
        models: str = "",
        python: str = "",
        notes: tuple[str, ...] = (),
        at_start: Callable[[], tuple[str, ...]] | None = None,
        on_update: Callable[[Progress], None] | None = None,
    ) -> None:
        self._experiment = experiment
        self._folder = folder
        self._searches_before = folder.earlier
        self._suggestions = suggestions
        self._journal = suggestions.journal
        self._models = models
        self._python = python
        self._notes = notes
        self._at_start = at_start
        self._names: set[str] = set()
        self.score = Score(experiment.objective)
        self._earlier: int | None = None
        self._news: list[Trial] = []
        self.on_update = on_update
        self.reports: Callable[[], Mapping[str, Reports]] = dict
        """Gives what running trials have reported last, by their names."""

    def restore(self, record: Record) -> None:
        """Take over a trial of an earlier engine, and tell the study its value if that engine did not."""
        if record.number in self._journal.retried:
            self._names.add(record.name)
            return
        self._enter(record)
        if record.outcome and not self._journal.trials[record.number].told:
            self._tell(record)

    def begin(self) -> None:
        """Publish changes from here on, and those of trials that ended while no engine was running."""
        self._earlier = self.score.completed
        if self._news:
            self._publish()

    def named(self, record: Record) -> Record:
        """The record with the trial's name, which is chosen now if it has none."""
        if record.name:
            return record
        seed = self._experiment.algorithm.settings.get("random_state") or self._journal.attributes.get(SEED)
        source = f"{seed}/{self._searches_before}/{self._experiment.manifest_json}"
        return replace(record, name=trial_name(self._experiment.name, source, record.number, self._names))

    def started(self, record: Record, process: Process, when: datetime) -> Record:
        """Record that a trial has its process; `tell_starts` publishes it."""
        record = replace(record, process=process, started=when, python=self._python)
        self._record(record)
        return record

    def tell_starts(self) -> None:
        """Publish which trials run since the last time; with the first of them, more notes are known."""
        if not self._news:
            return
        if self._at_start:
            self._notes, self._at_start = self._at_start(), None
        self._publish()

    def completed(
        self, record: Record, outcome: TrialCondition, *, when: datetime, exit_code: int | None
    ) -> None:
        """Record that a trial has ended."""
        # It imports the rules, for which nobody waits who only lists searches.
        from kfp_katib.engines.local.early_stopping import measured

        outcome, mean = measured(self._experiment, self._folder.trial(record.name), outcome)
        record = replace(record, outcome=outcome, ended=when, exit_code=exit_code, mean=mean)
        self._write(record)
        self._tell(record)

    def stopping(self, record: Record) -> Record:
        """Record that a running trial is stopped early, which settles how it ends."""
        record = replace(record, stopping=True)
        self._write(record)
        return record

    def retry_failed(self) -> list[Record]:
        """Suggest the values of every failed trial again; returns the new trials, which have to run.

        One line of the journal does that and makes the old trial count in nothing any more, so that a kill
        leaves each as it was or waiting to run.
        """
        first = len(self._journal.trials)
        failed = [each for each in self._journal.counted if each.outcome and each.outcome.state in FAILED]
        for old in failed:
            self._enter(self.named(self._suggestions.retry(old.number)))
        self.score = Score(self._experiment.objective)
        for record in self._journal.counted:
            self._enter(record)
        return self._journal.records[first:]

    def put_back(self, record: Record) -> None:
        """Record that we stopped a trial, which will run again when the search goes on."""
        self._write(replace(record, process=None, started=None))

    def result(self, verdict: Condition = RUNNING, *more_notes: str) -> Result:
        """The Result as far as it is known now, with the curves and the ends of the logs."""
        trials = [(self._trial(each), self._journal.curve(each)) for each in self._journal.counted]
        result = conclude(
            self._experiment,
            [in_full(trial, curve, self._folder) for trial, curve in trials],
            verdict,
            notes=(*self._notes, *left_out(self._journal), *more_notes),
            provenance=provenance(self._experiment, self._journal),
        )
        return with_descent(result, self._journal)

    def _write(self, record: Record) -> None:
        self._record(record)
        self._publish()

    def _record(self, record: Record) -> None:
        try:
            self._journal.write(record)
        finally:
            trial = self._enter(record)
        level = logging.DEBUG if self.on_update else logging.INFO  # whoever listens says it in their words
        logger.log(level, "trial %s: %s %s", trial.name, trial.state, trial.message)
        self._news.append(trial)

    def _publish(self) -> None:
        if self._earlier is None:
            return
        news, self._news = tuple(self._news), []
        if self.on_update:
            self.on_update(
                self.score.progress(
                    self._experiment,
                    news,
                    earlier=self._earlier,
                    notes=self._notes,
                    result=self.result,
                    reports=self.reports,
                )
            )

    def _enter(self, record: Record) -> Trial:
        trial = self._trial(record)
        self._journal.trials[record.number].enter(record)
        self._names.add(record.name)
        self.score.take(trial)
        return trial

    def _tell(self, record: Record) -> None:
        value = objective_value(self._trial(record), self._experiment.objective)
        self._suggestions.tell(record.number, value)

    def _trial(self, record: Record) -> Trial:
        return trial_of(record, self._experiment, self._models)

# SPDX-License-Identifier: Apache-2.0
"""The state of a search: an Optuna study in one file of lines, with a record of our own for every trial.

There is no other state. A trial's record is written before the trial may run and again when it has ended,
so that an engine that was killed at any moment finds out, when it resumes, what is done and what is not.
`optuna-dashboard` can read it meanwhile. The lines are Optuna's (`JournalStorage`), written without Optuna:
only some algorithms need it, and it takes longer to import than a search takes to start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kfp_katib.engines.local import journal_attributes as ours
from kfp_katib.engines.local.journal_record import Record, encode
from kfp_katib.results import Condition

CREATE_STUDY, DELETE_STUDY, STUDY_ATTRIBUTE, CREATE_TRIAL = 0, 1, 2, 4
END_TRIAL, REPORT, TRIAL_ATTRIBUTE = 6, 7, 8
"""Optuna's codes of the operations."""
RUNNING, COMPLETE, FAILED = 0, 1, 3
"""Optuna's states of a trial."""

_WORKER = "kfp-katib"


@dataclass(slots=True)
class StudyTrial:
    """One trial of the study, as the algorithms see it.

    Attributes:
        params: Its values as Optuna's numbers, by the parameters' labels.
        note: What the algorithm stored with it.
        record: What else is known of it.
        retries: The number of the failed trial that it stands for; that one counts in nothing any more.
        enqueued: Which of the points that the user gave it is; None if it is the algorithm's own.
        state: Running, complete or failed, as Optuna's number.
        value: The value of the objective.
        points: What it reported of the objective in its present run, by the numbers of the reports.
    """

    params: Mapping[str, float]
    note: Mapping[str, Any]
    record: Record
    retries: int | None = None
    enqueued: int | None = None
    state: int = RUNNING
    value: float | None = None
    points: dict[int, float] = field(default_factory=dict)

    @property
    def told(self) -> bool:
        """Whether the study knows how it ended."""
        return self.state != RUNNING

    def enter(self, record: Record) -> None:
        """Take a newer record; a trial that begins anew has reported nothing yet."""
        if record.started not in (None, self.record.started):
            self.points.clear()
        self.record = record


@dataclass(slots=True)
class Journal:
    """The study of a search, in memory; each change is written first.

    Attributes:
        name: The study's name, which is the Experiment's.
        append: Writes one line.
        study: The study's number in the file, None before it begins.
        first: The number of its first trial in the file.
        attributes: The study's attributes: manifest, seed, verdict.
        trials: Its trials, in order of creation.
        retried: The numbers of the failed ones that others stand for.
        earlier_manifest: The manifest of the last run, if this one has another; empty otherwise.
        held: Lines that are not written before `release`; None once each is written at once.
    """

    name: str
    append: Callable[[dict[str, Any]], None] = lambda _: None
    study: int | None = None
    first: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    trials: list[StudyTrial] = field(default_factory=list)
    retried: set[int] = field(default_factory=set)
    earlier_manifest: str = ""
    held: list[dict[str, Any]] | None = None

    @property
    def records(self) -> list[Record]:
        """The records of all trials."""
        return [trial.record for trial in self.trials]

    @property
    def counted(self) -> list[Record]:
        """The records of the trials that no other one stands for."""
        return [record for record in self.records if record.number not in self.retried]

    def curve(self, record: Record) -> tuple[tuple[int, float], ...]:
        """What the trial of a record reported of the objective, in the order in which it came."""
        return tuple(self.trials[record.number].points.items())

    @property
    def verdict(self) -> Condition | None:
        """The verdict that was written last; `standing` says whether it still holds."""
        fields = self.attributes.get(ours.VERDICT)
        return Condition(*fields) if fields else None

    def release(self) -> None:
        """Write what was held, and from here on each line at once."""
        lines, self.held = self.held or [], None
        for line in lines:
            self.append(line)

    def begin(self, *, maximize: bool) -> None:
        """Write the study, unless the file has it already."""
        if self.study is None:
            self._write(CREATE_STUDY, study_name=self.name, directions=[2 if maximize else 1])
            self.study = 0

    def set(self, key: str, value: Any) -> None:
        """Write an attribute of the search."""
        self._write(STUDY_ATTRIBUTE, study_id=self.study, user_attr={key: value})
        self.attributes[key] = value

    def store_manifest(self, manifest_json: str, asked_json: str) -> None:
        """Write what runs from here on, unless it is there; a kill between two lines leaves the same search.

        Args:
            manifest_json: The manifest.
            asked_json: The same before its placeholders were filled in, empty where it had none.
        """
        asked = asked_json or manifest_json
        if asked != self.attributes.get(ours.ASKED, manifest_json):
            self.set(ours.ASKED, asked)
        if manifest_json != self.attributes.get(ours.MANIFEST):
            self.earlier_manifest = self.attributes.get(ours.MANIFEST, "")
            self.mark_format()
            self.set(ours.MANIFEST, manifest_json)

    def mark_format(self) -> None:
        """Write the format, before anything that an older version would misunderstand."""
        if self.attributes.get(ours.FORMAT) != ours.LATEST:
            self.set(ours.FORMAT, ours.LATEST)

    def end(self, verdict: Condition) -> None:
        """Write the verdict that ends the search."""
        self.set(ours.VERDICT, [verdict.state, verdict.reason, verdict.message])

    def suggest(
        self,
        params: Mapping[str, float],
        distributions: Mapping[str, str],
        parameters: Mapping[str, str],
        note: Mapping[str, Any],
        *,
        note_key: str,
        retries: int | None = None,
        enqueued: int | None = None,
        rule: str = "",
    ) -> Record:
        """Write a new trial.

        Args:
            params: Its values as Optuna's numbers, by the parameters' labels.
            distributions: Optuna's distributions, as JSON, by the same labels.
            parameters: Its assignments.
            note: What the algorithm stores with it.
            note_key: Under which attribute.
            retries: The number of the failed trial that it stands for.
            enqueued: Which of the points that the user gave it is.
            rule: Its stopping rule.
        """
        own = {
            ours.PARAMETERS: parameters,
            note_key: note or None,
            ours.RETRIES: retries,
            ours.ENQUEUED: enqueued,
            ours.STOP_RULE: rule or None,
        }
        self._write(
            CREATE_TRIAL,
            study_id=self.study,
            datetime_start=now().isoformat(),
            state=RUNNING,
            value=None,
            values=None,
            distributions=distributions,
            params=params,
            user_attrs={key: value for key, value in own.items() if value is not None},
            system_attrs={},
            intermediate_values={},
        )
        record = Record(len(self.trials), parameters, rule=rule)
        self.take(StudyTrial(params, note, record, retries, enqueued))
        return record

    def take(self, trial: StudyTrial) -> None:
        """Add a trial that is written."""
        self.trials.append(trial)
        if trial.retries is not None:
            self.retried.add(trial.retries)

    def write(self, record: Record) -> None:
        """Write a trial's record; the last one written counts."""
        try:
            trial_id = self.first + record.number
            self._write(TRIAL_ATTRIBUTE, trial_id=trial_id, user_attr={ours.TRIAL: encode(record)})
        finally:
            self.trials[record.number].enter(record)

    def report(self, number: int, points: Iterable[tuple[int, float]]) -> None:
        """Write intermediate values of a running trial, each with its step; the last one of a step counts."""
        for step, value in points:
            self.mark_format()
            self._write(REPORT, trial_id=self.first + number, step=step, intermediate_value=value)
            self.trials[number].points[step] = value

    def tell(self, number: int, value: float | None) -> None:
        """Write a trial's value, or that it has none."""
        trial = self.trials[number]
        state, values = (FAILED, None) if value is None else (COMPLETE, [value])
        self._write(
            END_TRIAL,
            trial_id=self.first + number,
            state=state,
            values=values,
            datetime_complete=now().isoformat(),
        )
        trial.state, trial.value = state, value

    def _write(self, operation: int, **fields: Any) -> None:
        line = {"op_code": operation, "worker_id": _WORKER, **fields}
        (self.append if self.held is None else self.held.append)(line)


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)

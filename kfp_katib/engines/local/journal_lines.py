# SPDX-License-Identifier: Apache-2.0
"""Builds the study from the lines of a journal, and checks that each line fits those before it.

Optuna itself skips lines that it cannot apply, and may fail later because of what it did apply. Here a line
that does not follow from those before it is reported as damage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kfp_katib.engines.local.journal import RUNNING, STUDY_ATTRIBUTE, Journal, StudyTrial
from kfp_katib.engines.local.journal_attributes import (
    ENQUEUED,
    FORMAT,
    LATEST,
    PARAMETERS,
    RETRIES,
    STOP_RULE,
    TRIAL,
)
from kfp_katib.engines.local.journal_json import parse, valid
from kfp_katib.engines.local.journal_notes import NOTES
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.journal_shapes import (
    LINE,
    PLACE,
    RECORD,
    RULE,
    STUDY,
    TEXTS,
    CreateStudy,
    CreateTrial,
    DeleteStudy,
    EndTrial,
    OfOthers,
    Report,
    StoredRecord,
    StudyAttribute,
    TrialAttribute,
)
from kfp_katib.engines.local.search.misfit import Misfit
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.results import FAILED

_NAME = re.compile(r"[0-9a-z]{1,20}")


@dataclass(slots=True)
class Lines:
    """The lines of one journal, in order, and the study that they build.

    Attributes:
        journal: The study.
        belongs: Whether a journal with these attributes is of the search that should go on.
        misfit: Says why a trial does not belong to that search.
    """

    journal: Journal
    belongs: Callable[[Mapping[str, Any]], bool]
    misfit: Misfit
    _studies: int = 0
    _names: dict[str, int] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def take(self, text: bytes, *, may_be_torn: bool) -> bool:
        """Take the next line.

        Args:
            text: The line as it is in the file.
            may_be_torn: Whether a line that is not JSON may just be incomplete.

        Returns:
            Whether the line was complete.

        Raises:
            ValueError: The line is damaged; the message says how.
            InputError: The journal has a newer format than this version knows.
        """
        try:
            log = parse(text)
        except ValueError:
            if may_be_torn:
                return False
            raise
        line = valid(LINE, log)
        if _has_time(line):
            known = len(self._seen)
            self._seen.add(hash(text))
            if len(self._seen) == known:
                raise ValueError("the line is there twice")
        _TAKE[type(line)](self, line)
        return True

    def _create_study(self, line: CreateStudy) -> None:
        if line.study_name != self.journal.name:
            raise ValueError(f"it holds a search named {line.study_name[:60]!r}, not {self.journal.name!r}")
        if self.journal.study is None:
            self.journal.study = self._studies
            self._studies += 1

    def _delete_study(self, line: DeleteStudy) -> None:
        self._study(line.study_id)
        self.journal.study = None
        self.journal.first += len(self.journal.trials)
        self.journal.trials.clear()
        self.journal.retried.clear()
        self.journal.attributes.clear()

    def _study_attribute(self, line: StudyAttribute) -> None:
        self._study(line.study_id)
        if line.op_code == STUDY_ATTRIBUTE and line.user_attr is None:
            raise ValueError("user_attr: it is missing")
        for key, value in (line.user_attr or {}).items():
            if key in STUDY:
                valid(STUDY[key], value, f"{key}: ")
            if key == FORMAT and value > LATEST:
                raise InputError(_newer(self.journal.name, value))
            self.journal.attributes[key] = value

    def _create_trial(self, line: CreateTrial) -> None:
        self._study(line.study_id)
        journal = self.journal
        parameters = valid(TEXTS, line.user_attrs.get(PARAMETERS), f"{PARAMETERS}: ")
        note = self._note(line)
        if set(line.params) != set(line.distributions):
            raise ValueError("params and distributions name different parameters")
        rule = valid(RULE, line.user_attrs.get(STOP_RULE, ""), f"{STOP_RULE}: ")
        record = Record(len(journal.trials), parameters, rule=rule)
        trial = StudyTrial(line.params, note, record, self._retried(line), self._enqueued(line))
        belongs, before = self.belongs(journal.attributes), journal.trials
        if belongs and (why := self.misfit(trial, line.distributions, before)):
            raise ValueError(f"trial {trial.record.number} {why}")
        journal.take(trial)

    def _note(self, line: CreateTrial) -> Mapping[str, Any]:
        """What the search's algorithm stored with a new trial."""
        for key in NOTES.keys() & line.user_attrs.keys():
            note = valid(NOTES[key], line.user_attrs[key], f"{key}: ")
            if any(not 0 <= number < len(self.journal.trials) for number in note.trials()):
                raise ValueError(f"{key}: it names a trial that comes later")
            return dict(line.user_attrs[key])
        return {}

    def _retried(self, line: CreateTrial) -> int | None:
        """The failed trial that a new one stands for; each is replaced at most once."""
        if RETRIES not in line.user_attrs:
            return None
        number = int(valid(PLACE, line.user_attrs[RETRIES], f"{RETRIES}: "))
        known = 0 <= number < len(self.journal.trials) and number not in self.journal.retried
        outcome = self.journal.trials[number].record.outcome if known else None
        if outcome is None or outcome.state not in FAILED:
            raise ValueError(f"{RETRIES}: there is no failed trial {number}")
        return number

    def _enqueued(self, line: CreateTrial) -> int | None:
        """Which of the user's points a new trial is; each is tried once."""
        if ENQUEUED not in line.user_attrs:
            return None
        place = int(valid(PLACE, line.user_attrs[ENQUEUED], f"{ENQUEUED}: "))
        points = self.journal.attributes.get(ENQUEUED, ())
        if not 0 <= place < len(points) or any(trial.enqueued == place for trial in self.journal.trials):
            raise ValueError(f"{ENQUEUED}: no point {place} waits")
        return place

    def _end_trial(self, line: EndTrial) -> None:
        trial = self._open_trial(line.trial_id)
        if (line.state == 1) != (line.values is not None):
            raise ValueError("state and values do not match")
        if trial.record.outcome is None:
            raise ValueError(f"trial {line.trial_id} has no outcome yet")
        trial.state, trial.value = line.state, line.values[0] if line.values else None

    def _report(self, line: Report) -> None:
        self._open_trial(line.trial_id).points[line.step] = line.intermediate_value

    def _trial_attribute(self, line: TrialAttribute) -> None:
        trial = self._open_trial(line.trial_id)
        if TRIAL in line.user_attr:
            self._record(trial, valid(RECORD, line.user_attr[TRIAL]))

    def _of_others(self, line: OfOthers) -> None:
        self._trial(line.trial_id)

    def _record(self, trial: StudyTrial, stored: StoredRecord) -> None:
        head, _, rest = stored.name.rpartition("-")
        number, before = trial.record.number, trial.record.name
        if head != self.journal.name or not _NAME.fullmatch(rest):
            raise ValueError(f"{stored.name[:60]!r} is not the name of a trial of {self.journal.name!r}")
        if self._names.setdefault(stored.name, number) != number or before not in ("", stored.name):
            raise ValueError(f"the name {stored.name!r} is another trial's")
        trial.enter(stored.record(trial.record))

    def _study(self, number: int) -> None:
        if self.journal.study is None or number != self.journal.study:
            raise ValueError(f"there is no study {number}")

    def _trial(self, number: int) -> StudyTrial:
        index = number - self.journal.first
        if not 0 <= index < len(self.journal.trials):
            raise ValueError(f"there is no trial {number}")
        return self.journal.trials[index]

    def _open_trial(self, number: int) -> StudyTrial:
        trial = self._trial(number)
        if trial.state != RUNNING:
            raise ValueError(f"trial {number} has already ended")
        return trial


_TAKE: Mapping[type, Callable[[Lines, Any], None]] = {
    CreateStudy: Lines._create_study,
    DeleteStudy: Lines._delete_study,
    StudyAttribute: Lines._study_attribute,
    CreateTrial: Lines._create_trial,
    EndTrial: Lines._end_trial,
    Report: Lines._report,
    TrialAttribute: Lines._trial_attribute,
    OfOthers: Lines._of_others,
}


def _has_time(line: Any) -> bool:
    """Whether a line of a trial says when something happened, so that no other can be like it.

    One that puts a trial back says nothing but its name: each engine that stops during the trial writes it.
    """
    if not isinstance(line, TrialAttribute):
        return isinstance(line, CreateTrial | EndTrial)
    record = line.user_attr.get(TRIAL)
    return isinstance(record, dict) and not record.keys().isdisjoint(("started", "ended"))


def _newer(name: str, format: int) -> str:
    return (
        f"The journal of '{name}' was written by a newer kfp-katib (format {format}; this one reads {LATEST} "
        f"and older ones). Update kfp-katib to go on with it, or start anew with {argument('again')}."
    )

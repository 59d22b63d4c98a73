# SPDX-License-Identifier: Apache-2.0
"""What may follow what in a journal.

Optuna itself passes over lines that it cannot apply, and fails later on what it did apply. Here a line that
does not follow from those before it is damage, and is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kfp_katib.engines.local.journal_shapes import (
    FORMAT,
    LATEST,
    LINE,
    RECORD,
    STORED_NOTE,
    STUDY,
    TEXTS,
    TRIAL,
    CreateStudy,
    CreateTrial,
    DeleteStudy,
    EndTrial,
    OfOthers,
    StudyAttribute,
    TrialAttribute,
    valid,
)
from kfp_katib.engines.local.record import Stored
from kfp_katib.engines.local.search.cma_es_note import NOTE
from kfp_katib.engines.local.search.suggestions import PARAMETERS
from kfp_katib.errors import InputError

_NAME = re.compile(r"[0-9a-z]{1,20}")


@dataclass(slots=True)
class _Trial:
    name: str = ""
    judged: bool = False
    ended: bool = False


@dataclass(slots=True)
class Lines:
    """The lines of one journal, in order.

    Attributes:
        name: The study's name, which is the Experiment's.
    """

    name: str
    _studies: dict[int, bool] = field(default_factory=dict)
    _trials: list[_Trial] = field(default_factory=list)
    _names: dict[str, int] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def check(self, log: Any, text: bytes) -> None:
        """Take the next line.

        Args:
            log: What it holds.
            text: As it stands in the file.

        Raises:
            ValueError: It is damaged; the message says how.
            InputError: It says that what follows is of a format that is not known here.
        """
        line = valid(LINE, log, "")
        _CHECKS[type(line)](self, line)
        if line.op_code in (4, 6, 8):
            known = len(self._seen)
            self._seen.add(hash(text))
            if len(self._seen) == known:
                raise ValueError("it stands there twice")

    def _create_study(self, line: CreateStudy) -> None:
        if line.study_name != self.name:
            raise ValueError(f"it holds a search named {line.study_name[:60]!r}, not {self.name!r}")
        if not any(self._studies.values()):
            self._studies[len(self._studies)] = True

    def _delete_study(self, line: DeleteStudy) -> None:
        self._study(line.study_id)
        self._studies[line.study_id] = False

    def _study_attribute(self, line: StudyAttribute) -> None:
        self._study(line.study_id)
        for key, value in (line.user_attr or {}).items():
            if key in STUDY:
                valid(STUDY[key], value, f"{key}: ")
            if key == FORMAT and value > LATEST:
                raise InputError(_newer(self.name, value))

    def _create_trial(self, line: CreateTrial) -> None:
        self._study(line.study_id)
        valid(TEXTS, line.user_attrs.get(PARAMETERS), f"{PARAMETERS}: ")
        if NOTE in line.user_attrs:
            valid(STORED_NOTE, line.user_attrs[NOTE], f"{NOTE}: ")
            if any(not 0 <= told < len(self._trials) for told in line.user_attrs[NOTE]["told"]):
                raise ValueError(f"{NOTE}: it names a trial that comes later")
        if set(line.params) != set(line.distributions):
            raise ValueError("params and distributions are of different parameters")
        self._trials.append(_Trial())

    def _end_trial(self, line: EndTrial) -> None:
        trial = self._open_trial(line.trial_id)
        if (line.state == 1) != (line.values is not None):
            raise ValueError("state and values do not go together")
        if not trial.judged:
            raise ValueError(f"trial {line.trial_id} has no outcome yet")
        trial.ended = True

    def _trial_attribute(self, line: TrialAttribute) -> None:
        trial = self._open_trial(line.trial_id)
        for key, value in line.user_attr.items():
            if key == TRIAL:
                self._record(line.trial_id, trial, valid(RECORD, value, ""))

    def _of_others(self, line: OfOthers) -> None:
        self._trial(line.trial_id)

    def _record(self, number: int, trial: _Trial, stored: Stored) -> None:
        head, _, rest = stored.name.rpartition("-")
        if head != self.name or not _NAME.fullmatch(rest):
            raise ValueError(f"{stored.name[:60]!r} is no name of a trial of {self.name!r}")
        if self._names.setdefault(stored.name, number) != number or trial.name not in ("", stored.name):
            raise ValueError(f"the name {stored.name!r} is another trial's")
        trial.name, trial.judged = stored.name, stored.outcome is not None

    def _study(self, number: int) -> None:
        if not self._studies.get(number):
            raise ValueError(f"there is no study {number}")

    def _trial(self, number: int) -> _Trial:
        if not 0 <= number < len(self._trials):
            raise ValueError(f"there is no trial {number}")
        return self._trials[number]

    def _open_trial(self, number: int) -> _Trial:
        trial = self._trial(number)
        if trial.ended:
            raise ValueError(f"trial {number} has ended before")
        return trial


_CHECKS: Mapping[type, Callable[[Lines, Any], None]] = {
    CreateStudy: Lines._create_study,
    DeleteStudy: Lines._delete_study,
    StudyAttribute: Lines._study_attribute,
    CreateTrial: Lines._create_trial,
    EndTrial: Lines._end_trial,
    TrialAttribute: Lines._trial_attribute,
    OfOthers: Lines._of_others,
}


def _newer(name: str, format: int) -> str:
    return (
        f"The journal of '{name}' was written by a newer kfp-katib (format {format}; this one reads {LATEST} "
        "and what came before). Update kfp-katib to go on with it, or start anew with again=True (--again)."
    )

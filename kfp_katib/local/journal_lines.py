# SPDX-License-Identifier: Apache-2.0
"""What a line of the journal may be: Optuna's operations, as far as we write them, with our records in them.

Optuna itself passes over lines that it cannot apply, and fails later on what it did apply. Here a line that
does not follow from those before it is damage, and is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Json, TypeAdapter, ValidationError

from kfp_katib.local.record import Stored
from kfp_katib.local.search.cma_es_note import NOTE
from kfp_katib.local.search.suggestions import PARAMETERS, SEED

MANIFEST = "kfp-katib:manifest"
VERDICT = "kfp-katib:verdict"
TRIAL = "kfp-katib:trial"

MOST_BYTES = 2 * 1024 * 1024
"""The longest line; the longest that we write holds a manifest, and Kubernetes takes none above 1.5 MB."""

CREATE_TRIAL = 4
"""Optuna's code of the operation that makes a trial."""

_NAME = re.compile(r"[0-9a-z]{1,20}")


class Line(BaseModel):
    """What every line has."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    worker_id: str


class CreateStudy(Line):
    """The study of one objective."""

    op_code: Literal[0]
    study_name: str
    directions: Annotated[list[Literal[1, 2]], Field(min_length=1, max_length=1)]


class StudyAttribute(Line):
    """Something about the study, ours or somebody else's."""

    op_code: Literal[2, 3]
    study_id: int
    user_attr: Annotated[dict[str, Any], Field(min_length=1, max_length=1)] | None = None


class DeleteStudy(Line):
    """Somebody deleted it."""

    op_code: Literal[1]
    study_id: int


def _optunas_moment(text: str) -> str:
    datetime.fromisoformat(text).astimezone()
    return text


def _no_nul(texts: dict[str, str]) -> dict[str, str]:
    if any("\0" in text for text in texts.values()):
        raise ValueError("a process takes no NUL")
    return texts


class CreateTrial(Line):
    """A suggestion."""

    op_code: Literal[4]
    study_id: int
    datetime_start: Annotated[str, AfterValidator(_optunas_moment)]
    state: Literal[0]
    value: None
    values: None
    distributions: dict[str, str]
    params: dict[str, float]
    user_attrs: dict[str, Any]
    system_attrs: dict[str, Any]
    intermediate_values: Annotated[dict[str, Any], Field(max_length=0)]


class EndTrial(Line):
    """What came of a suggestion: state 1 with a value, 3 without."""

    op_code: Literal[6]
    trial_id: int
    state: Literal[1, 3]
    values: Annotated[list[float], Field(min_length=1, max_length=1)] | None
    datetime_complete: Annotated[str, AfterValidator(_optunas_moment)]


class TrialAttribute(Line):
    """Something about a trial, ours or somebody else's."""

    op_code: Literal[8]
    trial_id: int
    user_attr: Annotated[dict[str, Any], Field(min_length=1, max_length=1)]


class StoredNote(BaseModel):
    """What CMA-ES left with a trial."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    told: list[int]
    point: list[Annotated[float, Field(ge=0, le=1)]]


class OfOthers(Line):
    """What we never write: Optuna applies it, or passes over it."""

    op_code: Literal[9]
    trial_id: int
    system_attr: Annotated[dict[str, Any], Field(min_length=1, max_length=1)]


_LINE: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        CreateStudy | DeleteStudy | StudyAttribute | CreateTrial | EndTrial | TrialAttribute | OfOthers,
        Field(discriminator="op_code"),
    ]
)
_TEXTS: TypeAdapter[Any] = TypeAdapter(
    Annotated[dict[str, str], AfterValidator(_no_nul)], config=ConfigDict(strict=True)
)
_STUDY: Mapping[str, TypeAdapter[Any]] = {
    MANIFEST: TypeAdapter(Json[dict[str, Any]], config=ConfigDict(strict=True)),
    SEED: TypeAdapter(Annotated[int, Field(ge=0, lt=2**64)], config=ConfigDict(strict=True)),
    VERDICT: TypeAdapter(
        Annotated[
            list[str], Field(min_length=3, max_length=3), AfterValidator(lambda texts: _verdict(texts))
        ],
        config=ConfigDict(strict=True),
    ),
}
_RECORD: TypeAdapter[Any] = TypeAdapter(Stored)
_NOTE: TypeAdapter[Any] = TypeAdapter(StoredNote)


def _verdict(texts: list[str]) -> list[str]:
    if texts[0] not in ("Succeeded", "Failed"):
        raise ValueError("no verdict of an Experiment")
    return texts


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
        """
        line = _valid(_LINE, log, "")
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
            if key in _STUDY:
                _valid(_STUDY[key], value, f"{key}: ")

    def _create_trial(self, line: CreateTrial) -> None:
        self._study(line.study_id)
        _valid(_TEXTS, line.user_attrs.get(PARAMETERS), f"{PARAMETERS}: ")
        if NOTE in line.user_attrs:
            _valid(_NOTE, line.user_attrs[NOTE], f"{NOTE}: ")
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
                self._record(line.trial_id, trial, _valid(_RECORD, value, ""))

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


def parse(text: bytes) -> Any:
    """The JSON of a line.

    Raises:
        ValueError: It is none, or holds what is no text.
    """
    try:
        log = json.loads(text.decode())
        if b"\\ud" in text.lower():
            json.dumps(log, ensure_ascii=False).encode()
    except RecursionError as err:
        raise ValueError("brackets in too many brackets") from err
    return log


def _valid(shape: TypeAdapter[Any], value: Any, where: str) -> Any:
    try:
        return shape.validate_python(value)
    except ValidationError as err:
        first = err.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}{place}: {first['msg']}" if place else f"{where}{first['msg']}") from err
    except OverflowError as err:  # of dates beyond all calendars
        raise ValueError(f"{where}{err}") from err

# SPDX-License-Identifier: Apache-2.0
"""The shapes of the journal's lines: Optuna's operations, as far as we write them, and our records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Json, TypeAdapter, ValidationError

from kfp_katib.engines.local.record import Stored
from kfp_katib.engines.local.search.suggestions import SEED

FORMAT = "kfp-katib:format"
LATEST = 2
"""The format that is written. The first, of version 0.1.0, says no number, and no boot of a process."""

MANIFEST = "kfp-katib:manifest"
VERDICT = "kfp-katib:verdict"
TRIAL = "kfp-katib:trial"

MOST_BYTES = 2 * 1024 * 1024
"""The longest line; those that we write hold a manifest or what a trial reported, both far below."""

CREATE_TRIAL = 4
"""Optuna's code of the operation that makes a trial."""


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


LINE: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        CreateStudy | DeleteStudy | StudyAttribute | CreateTrial | EndTrial | TrialAttribute | OfOthers,
        Field(discriminator="op_code"),
    ]
)
TEXTS: TypeAdapter[Any] = TypeAdapter(
    Annotated[dict[str, str], AfterValidator(_no_nul)], config=ConfigDict(strict=True)
)
STUDY: Mapping[str, TypeAdapter[Any]] = {
    FORMAT: TypeAdapter(Annotated[int, Field(ge=2)], config=ConfigDict(strict=True)),
    MANIFEST: TypeAdapter(Json[dict[str, Any]], config=ConfigDict(strict=True)),
    SEED: TypeAdapter(Annotated[int, Field(ge=0, lt=2**64)], config=ConfigDict(strict=True)),
    VERDICT: TypeAdapter(
        Annotated[
            list[str], Field(min_length=3, max_length=3), AfterValidator(lambda texts: _verdict(texts))
        ],
        config=ConfigDict(strict=True),
    ),
}
RECORD: TypeAdapter[Any] = TypeAdapter(Stored)
STORED_NOTE: TypeAdapter[Any] = TypeAdapter(StoredNote)


def _verdict(texts: list[str]) -> list[str]:
    if texts[0] not in ("Succeeded", "Failed"):
        raise ValueError("no verdict of an Experiment")
    return texts


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


def valid(shape: TypeAdapter[Any], value: Any, where: str) -> Any:
    """What a value is by its shape.

    Raises:
        ValueError: It has another shape; the message begins with `where`.
    """
    try:
        return shape.validate_python(value)
    except ValidationError as err:
        first = err.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}{place}: {first['msg']}" if place else f"{where}{first['msg']}") from err
    except OverflowError as err:  # of dates beyond all calendars
        raise ValueError(f"{where}{err}") from err

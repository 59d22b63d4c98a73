# SPDX-License-Identifier: Apache-2.0
"""The shapes of the journal's lines: those of Optuna's operations that we write, and our records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Json, TypeAdapter

from kfp_katib.engines.local import journal_attributes as ours
from kfp_katib.engines.local.journal_json import valid
from kfp_katib.engines.local.journal_record import MILLISECONDS, Record
from kfp_katib.results import Metric, Told, TrialCondition, TrialState
from kfp_katib.trial.processes import Process, of_ticks
from kfp_katib.trial.stop_rule import stop_rule

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)
_ENDS = ("Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable")
_VERDICTS = ("Succeeded", "Failed")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as err:
        raise ValueError("the time is out of range") from err


def _optunas_moment(text: str) -> str:
    datetime.fromisoformat(text).astimezone()
    return text


def _no_nul(texts: dict[str, str]) -> dict[str, str]:
    if any("\0" in text for text in texts.values()):
        raise ValueError("a NUL cannot be passed to a process")
    return texts


def _ended_state(texts: list[str]) -> list[str]:
    if texts[0] not in _ENDS:
        raise ValueError(f"{texts[0][:40]!r} is not a state in which a trial ends")
    return texts


def _verdict(texts: list[str]) -> list[str]:
    if texts[0] not in _VERDICTS:
        raise ValueError("it is not a verdict of an Experiment")
    return texts


def _pid_and_start(numbers: list[int]) -> list[int]:
    if not (1 < numbers[0] < 2**31 and 0 <= numbers[1] < 2**63):
        raise ValueError("no process can have these numbers")
    return numbers


def _rule(text: str) -> str:
    if text:
        stop_rule(text)
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""A time in ISO 8601, with its zone; read as a datetime."""
OptunasMoment = Annotated[str, AfterValidator(_optunas_moment)]
Three = Annotated[list[str], Field(min_length=3, max_length=3)]
One = Field(min_length=1, max_length=1)


class Line(BaseModel):
    """The fields that every line has."""

    model_config = _STRICT

    worker_id: str


class CreateStudy(Line):
    """The study, which has one objective."""

    op_code: Literal[0]
    study_name: str
    directions: Annotated[list[Literal[1, 2]], One]


class DeleteStudy(Line):
    """The study was deleted."""

    op_code: Literal[1]
    study_id: int


class StudyAttribute(Line):
    """An attribute of the study, ours or another program's."""

    op_code: Literal[2, 3]
    study_id: int
    user_attr: Annotated[dict[str, Any], One] | None = None


class CreateTrial(Line):
    """A new trial: one suggestion."""

    op_code: Literal[4]
    study_id: int
    datetime_start: OptunasMoment
    state: Literal[0]
    value: None
    values: None
    distributions: dict[str, str]
    params: dict[str, float]
    user_attrs: dict[str, Any]
    system_attrs: dict[str, Any]
    intermediate_values: Annotated[dict[str, Any], Field(max_length=0)]


class EndTrial(Line):
    """The end of a trial: state 1 with a value, 3 without."""

    op_code: Literal[6]
    trial_id: int
    state: Literal[1, 3]
    values: Annotated[list[float], One] | None
    datetime_complete: OptunasMoment


class Report(Line):
    """An intermediate value of a running trial."""

    op_code: Literal[7]
    trial_id: int
    step: Annotated[int, Field(ge=0)]
    intermediate_value: float


class TrialAttribute(Line):
    """An attribute of a trial, ours or another program's."""

    op_code: Literal[8]
    trial_id: int
    user_attr: Annotated[dict[str, Any], One]


class OfOthers(Line):
    """An operation that we never write and only check."""

    op_code: Literal[9]
    trial_id: int
    system_attr: Annotated[dict[str, Any], One]


class StoredRecord(BaseModel):
    """A record as `journal.encode` writes it."""

    model_config = _STRICT

    name: str
    exit_code: Annotated[int, Field(gt=-1000, lt=1000)] | None = None
    process: (
        Annotated[list[int], Field(min_length=2, max_length=2), AfterValidator(_pid_and_start)] | None
    ) = None
    units: str = ""
    boot: str = ""
    started: Moment | None = None
    ended: Moment | None = None
    outcome: Annotated[Three, AfterValidator(_ended_state)] | None = None
    metrics: dict[str, Three] = {}
    mean: float | None = None
    stopping: bool = False
    python: str = ""

    def record(self, before: Record) -> Record:
        """The record of the trial that had another one before."""
        metrics = {name: Metric(*texts) for name, texts in self.metrics.items()}
        fields: dict[str, Any] = {"started": self.started, "ended": self.ended}
        fields |= {"mean": self.mean, "stopping": self.stopping, "python": self.python}
        if self.outcome is not None:
            state, reason, message = self.outcome
            fields["outcome"] = TrialCondition(cast("TrialState", state), reason, message, metrics)
        if self.process is not None:
            of_units = {MILLISECONDS: Process, "": of_ticks}.get(self.units)
            fields["process"] = of_units(*self.process) if of_units else None
        known: dict[str, Any] = {"rule": before.rule, "exit_code": self.exit_code}
        return Record(before.number, before.parameters, self.name, **known, **fields)


def _warm_start(stored: Any) -> Any:
    """What `Told.stored` writes, and nothing else."""
    told = valid(_TOLD, stored)
    if told.stored() != stored:
        raise ValueError("it has other fields")
    if any(not 0 <= trial.source < len(told.sources) for trial in told.trials):
        raise ValueError("a trial is of a source that is not there")
    return stored


def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind, config=ConfigDict(strict=True))


LINE: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        CreateStudy
        | DeleteStudy
        | StudyAttribute
        | CreateTrial
        | EndTrial
        | Report
        | TrialAttribute
        | OfOthers,
        Field(discriminator="op_code"),
    ]
)
TEXTS = _adapter(Annotated[dict[str, str], AfterValidator(_no_nul)])
STUDY: Mapping[str, TypeAdapter[Any]] = {
    ours.FORMAT: _adapter(Annotated[int, Field(ge=2)]),
    ours.MANIFEST: _adapter(Json[dict[str, Any]]),
    ours.ASKED: _adapter(Json[dict[str, Any]]),
    ours.SEED: _adapter(Annotated[int, Field(ge=0, lt=2**64)]),
    ours.VERDICT: _adapter(Annotated[Three, AfterValidator(_verdict)]),
    ours.WARM_START: TypeAdapter(Annotated[Any, AfterValidator(_warm_start)]),
    ours.VERSIONS: _adapter(dict[str, str]),
    ours.ENQUEUED: _adapter(list[Annotated[dict[str, str], AfterValidator(_no_nul)]]),
}
RULE = _adapter(Annotated[str, AfterValidator(_rule)])
RECORD: TypeAdapter[Any] = TypeAdapter(StoredRecord)
PLACE = _adapter(int)
"""The number of a trial, or of a point that the user gave."""
_TOLD: TypeAdapter[Any] = TypeAdapter(Told)

# SPDX-License-Identifier: Apache-2.0
"""What the journal knows of one trial, and how that is written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kfp_katib.engines.local.processes import Process
from kfp_katib.results import Metric, TrialCondition, TrialState


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal knows of one trial.

    Attributes:
        number: Its place in the order of creation.
        parameters: Its assignments.
        name: Its name; empty where it was suggested and never prepared.
        process: What ran it; None where nothing may still run.
        started: When it began.
        outcome: How it ended; None where it has not.
        ended: When it ended.
        exit_code: With what code.
        told: Whether the study knows its value.
    """

    number: int
    parameters: Mapping[str, str]
    name: str = ""
    process: Process | None = None
    started: datetime | None = None
    outcome: TrialCondition | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    told: bool = False


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as err:
        raise ValueError("a time beyond all calendars") from err


def _ended_state(texts: list[str]) -> list[str]:
    if texts[0] not in ENDS:
        raise ValueError(f"{texts[0][:40]!r} is no state in which a trial ends")
    return texts


ENDS = ("Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable")
Moment = Annotated[str, AfterValidator(_moment)]
"""A time in ISO 8601, with its zone."""
Three = Annotated[list[str], Field(min_length=3, max_length=3)]


def _pid_and_ticks(numbers: list[int]) -> list[int]:
    if not (1 < numbers[0] < 2**31 and 0 <= numbers[1] < 2**63):
        raise ValueError("no process has these numbers")
    return numbers


class Stored(BaseModel):
    """A record as it stands in the journal."""

    model_config = ConfigDict(strict=True)

    name: str
    exit_code: Annotated[int, Field(gt=-1000, lt=1000)] | None = None
    process: (
        Annotated[list[int], Field(min_length=2, max_length=2), AfterValidator(_pid_and_ticks)] | None
    ) = None
    boot: str = ""
    started: Moment | None = None
    ended: Moment | None = None
    outcome: Annotated[Three, AfterValidator(_ended_state)] | None = None
    metrics: dict[str, Three] = {}


_MOST_CHARACTERS = 10_000
"""Of a message, which may quote what a trial wrote."""


def encode(record: Record) -> dict[str, Any]:
    """What is written of a record; number and parameters stand with its trial."""
    fields: dict[str, Any] = {"name": record.name, "exit_code": record.exit_code}
    if record.process:
        fields["process"] = [record.process.pid, record.process.started]
        fields["boot"] = record.process.boot
    for key, moment in (("started", record.started), ("ended", record.ended)):
        if moment:
            fields[key] = moment.isoformat()
    if record.outcome:
        end = record.outcome
        fields["outcome"] = [end.state, end.reason, end.message[:_MOST_CHARACTERS]]
        fields["metrics"] = {name: [m.min, m.max, m.latest] for name, m in end.metrics.items()}
    return fields


def decode(number: int, parameters: Mapping[str, str], fields: Any, *, told: bool) -> Record:
    """The record of a trial.

    Args:
        number: The trial's.
        parameters: Its assignments.
        fields: What `encode` gave; None where the trial was never prepared.
        told: Whether the study knows its value.

    Raises:
        ValueError: It is damaged.
    """
    if fields is None:
        return Record(number, parameters, told=told)
    stored = Stored.model_validate(fields)
    # The model's fields for times are text to pydantic, and moments after its validators.
    started, ended = cast("tuple[datetime | None, ...]", (stored.started, stored.ended))
    return Record(
        number=number,
        parameters=parameters,
        name=stored.name,
        process=_process(stored),
        started=started,
        outcome=_outcome(stored),
        ended=ended,
        exit_code=stored.exit_code,
        told=told,
    )


def _outcome(stored: Stored) -> TrialCondition | None:
    if stored.outcome is None:
        return None
    state, reason, message = stored.outcome
    metrics = {name: Metric(*texts) for name, texts in stored.metrics.items()}
    return TrialCondition(cast("TrialState", state), reason, message, metrics)


def _process(stored: Stored) -> Process | None:
    if stored.process is None:
        return None
    pid, ticks = stored.process
    return Process(pid, ticks, stored.boot)

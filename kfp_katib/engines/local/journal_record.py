# SPDX-License-Identifier: Apache-2.0
"""What the journal knows of one trial, and how it is written (`journal_shapes` reads it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kfp_katib.results import TrialCondition
from kfp_katib.trial.processes import Process

MILLISECONDS = "ms since 1970"
"""The unit of a process's start; a record without it counts clock ticks since boot."""

_MOST_CHARACTERS = 10_000
"""The length of a message, which may quote what a trial wrote."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the journal knows of one trial.

    Attributes:
        number: Its place in the order of creation.
        parameters: Its assignments.
        name: Its name; empty if it was suggested and never prepared.
        process: The process that ran it; None if none can still be running.
        started: When it began.
        outcome: How it ended; None if it has not.
        ended: When it ended.
        exit_code: The exit code with which it ended.
        mean: If it succeeded, the mean of its first values, for early stopping; None where nobody needs it.
        stopping: Whether it was decided to stop it early, which stands whatever its exit code.
        rule: Its stopping rule, which it keeps for good; empty if it was suggested before there was one.
        python: The interpreter behind `python` in its command; empty if that is the one of the caller's PATH.
    """

    number: int
    parameters: Mapping[str, str]
    name: str = ""
    process: Process | None = None
    started: datetime | None = None
    outcome: TrialCondition | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    mean: float | None = None
    stopping: bool = False
    rule: str = ""
    python: str = ""


def encode(record: Record) -> dict[str, Any]:
    """A record as it is written; its number, parameters and rule are part of the trial's own line."""
    fields: dict[str, Any] = {"name": record.name, "exit_code": record.exit_code}
    if record.process:
        fields["process"] = [record.process.pid, record.process.started]
        fields["units"] = MILLISECONDS
    for key, moment in (("started", record.started), ("ended", record.ended)):
        if moment:
            fields[key] = moment.isoformat()
    if record.python:
        fields["python"] = record.python
    if record.stopping:
        fields["stopping"] = True
    if record.mean is not None:
        fields["mean"] = record.mean
    if record.outcome:
        end = record.outcome
        fields["outcome"] = [end.state, end.reason, end.message[:_MOST_CHARACTERS]]
        fields["metrics"] = {name: [m.min, m.max, m.latest] for name, m in end.metrics.items()}
    return fields

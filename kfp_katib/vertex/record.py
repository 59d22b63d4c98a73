# SPDX-License-Identifier: Apache-2.0
"""The record of a trial: what Vertex AI does not keep of it, written beside its model when it ends.

Vertex AI's trial has the parameters as numbers, the objective's final value and a state; Katib's trial also
has texts, all metrics, a reason, an exit code and a log. It is `<base_output_directory>/<id>/trial.json`.
Two tuning jobs of one plan write it at the same place, so it also says which of them ran the trial.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from kfp_katib.errors import InputError
from kfp_katib.results import Metric, Trial, TrialState

FILE_NAME = "trial.json"
"""What a record is called."""

_TEXTS = ("name", "state", "reason", "message", "log_tail")


@dataclass(frozen=True, slots=True)
class Record:
    """What one run of a trial's container left.

    Attributes:
        trial: The trial.
        job: CLOUD_ML_JOB_ID as the container had it, empty where it had none.
    """

    trial: Trial
    job: str = ""


def to_record(record: Record) -> str:
    """A record as JSON in ASCII, without what only others know: the model's address, the curve, places."""
    trial = record.trial
    times = {"started": trial.started, "ended": trial.ended}
    document = asdict(trial) | {key: moment and moment.isoformat() for key, moment in times.items()}
    for name in ("model_uri", "curve", "python", "checkpoint"):
        del document[name]
    return json.dumps(document | {"job": record.job}, indent=1) + "\n"


def from_record(text: str) -> Record:
    """The record that a text holds; what a later version adds to it is ignored.

    Raises:
        InputError: It is no record of a trial.
    """
    try:
        document = json.loads(text)
        return Record(_trial(document), _text(document["job"]))
    except KeyError as err:
        raise InputError(f"This is no record of a trial: it has no {err}.") from err
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as err:
        raise InputError(f"This is no record of a trial: {err}.") from err


def _trial(record: Mapping[str, Any]) -> Trial:
    name, state, reason, message, log_tail = (_text(record[key]) for key in _TEXTS)
    known = {each: each for each in get_args(TrialState)}
    if state not in known:
        raise ValueError(f"a trial is never {state!r}")
    if type(record["exit_code"]) not in (int, type(None)):
        raise TypeError(f"exit_code is {record['exit_code']!r}")
    return Trial(
        name=name,
        parameters={key: _text(value) for key, value in record["parameters"].items()},
        state=known[state],
        reason=reason,
        message=message,
        metrics={key: _metric(value) for key, value in record["metrics"].items()},
        started=_moment(record["started"]),
        ended=_moment(record["ended"]),
        exit_code=record["exit_code"],
        log_tail=log_tail,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} stands where a text belongs")
    return value


def _metric(value: Mapping[str, object]) -> Metric:
    return Metric(*(_text(value[key]) for key in ("min", "max", "latest")))


def _moment(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(_text(value)).astimezone(UTC)


def read_record(path: Path) -> Record | None:
    """The record that is at a path, None where none can be read."""
    try:
        return from_record(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, InputError):
        return None


def write_record(record: Record, path: Path) -> None:
    """Write a trial's record, whole or not at all, in place of one that is there.

    Raises:
        InputError: The system refuses it.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(to_record(record), encoding="ascii")
        part.replace(path)
    except OSError as err:
        with suppress(OSError):
            part.unlink()
        raise InputError(_lost(path, err)) from err


def record_path(bucket: Path, path: Path) -> Path:
    """Where a record will be written, its folder made: a trial whose result would be lost must not run.

    Args:
        bucket: The folder where the bucket is mounted.
        path: The record.

    Raises:
        InputError: The bucket is not mounted, or the folder cannot be made.
    """
    try:
        if not bucket.is_dir():
            raise InputError(
                f"The record {path} needs a bucket, and {bucket} is not there: Vertex AI mounts those "
                "that the trial's service account may read. Check the bucket's name and the account's rights."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(_lost(path, err)) from err
    return path


def _lost(path: Path, err: OSError) -> str:
    return (
        f"The trial's record {path} cannot be written: {err.strerror or err}. Without it the trial's "
        "result is lost, so the trial fails. Its service account needs the rights to write and delete there."
    )

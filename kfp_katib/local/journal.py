# SPDX-License-Identifier: Apache-2.0
"""The state of a search: one Optuna study in one journal file, with a record of ours on every trial.

Nothing else is state. A trial's record is written before the trial may run and again when it has ended,
so that an engine that is killed at any moment finds, when it comes back, what is done and what is not.
`optuna-dashboard` can look on meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study, load_study
from optuna.trial import FrozenTrial

from kfp_katib.errors import InputError
from kfp_katib.local.outcome import Outcome
from kfp_katib.local.processes import Process
from kfp_katib.local.search.suggestions import PARAMETERS
from kfp_katib.local.verdict import Verdict
from kfp_katib.results import Metric

_MANIFEST = "kfp-katib:manifest"
_VERDICT = "kfp-katib:verdict"
_TRIAL = "kfp-katib:trial"


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
    outcome: Outcome | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    told: bool = False


def now() -> datetime:
    """The time, to be written down."""
    return datetime.now(UTC)


class Journal(JournalFileBackend):
    """The journal file, for one engine that appends to it; `folder.open_folder` keeps others away.

    Optuna's own class waits for the disk after every record and takes a lock by a symbolic link: 20 ms a
    trial on a plain disk. A killed process loses nothing without the first (a machine without power may
    lose its last seconds), and a lock that nobody takes is never left behind.
    """

    def __init__(self, path: Path) -> None:
        _drop_torn_end(path)
        super().__init__(str(path))
        self._path = path

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append records in one call of the system, which neither a kill nor another writer can cut."""
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        with self._path.open("ab", buffering=0) as file:
            file.write(text.encode())


def open_storage(path: Path) -> JournalStorage:
    """The journal's storage.

    Raises:
        InputError: A line before the last is damaged.
    """
    try:
        return JournalStorage(Journal(path))
    except (ValueError, KeyError, AssertionError) as err:
        raise InputError(
            f"The journal {path} is damaged ({err}). Mend the line, or start anew with again=True (--again)."
        ) from err


def stored_manifest(storage: JournalStorage, name: str) -> str | None:
    """The manifest that a study was started with, None where there is none yet."""
    attributes = (study.user_attrs for study in storage.get_all_studies() if study.study_name == name)
    return next((found.get(_MANIFEST) for found in attributes), None)


def store_manifest(study: Study, manifest_json: str) -> None:
    """Tie the study to its manifest."""
    study.set_user_attr(_MANIFEST, manifest_json)


def find_study(storage: JournalStorage, name: str) -> Study | None:
    """The study of a search, None where it never began."""
    known = any(study.study_name == name for study in storage.get_all_studies())
    return load_study(study_name=name, storage=storage) if known else None


def stored_verdict(study: Study) -> Verdict | None:
    """The verdict that ended the search, None while it is unfinished."""
    fields = study.user_attrs.get(_VERDICT)
    return Verdict(*fields) if fields else None


def store_verdict(study: Study, verdict: Verdict) -> None:
    """End the search."""
    study.set_user_attr(_VERDICT, [verdict.state, verdict.reason, verdict.message])


def write(study: Study, record: Record) -> None:
    """Write what is known of a trial; the last record of a trial counts."""
    study._storage.set_trial_user_attr(_trial_id(study, record.number), _TRIAL, _encode(record))


def read(study: Study) -> list[Record]:
    """Every trial of the study, in order of creation."""
    return [_decode(trial) for trial in study.get_trials(deepcopy=False)]


def _trial_id(study: Study, number: int) -> int:
    return study._storage.get_trial_id_from_study_id_trial_number(study._study_id, number)


def _encode(record: Record) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": record.name, "exit_code": record.exit_code}
    if record.process:
        fields["process"] = [record.process.pid, record.process.started]
        fields["boot"] = record.process.boot
    for key, moment in (("started", record.started), ("ended", record.ended)):
        if moment:
            fields[key] = moment.isoformat()
    if record.outcome:
        end = record.outcome
        fields["outcome"] = [end.state, end.reason, end.message]
        fields["metrics"] = {name: [m.min, m.max, m.latest] for name, m in end.metrics.items()}
    return fields


def _decode(trial: FrozenTrial) -> Record:
    fields = trial.user_attrs.get(_TRIAL, {})
    return Record(
        number=trial.number,
        parameters=trial.user_attrs[PARAMETERS],
        name=fields.get("name", ""),
        process=Process(*fields["process"], fields.get("boot", "")) if "process" in fields else None,
        started=_moment(fields.get("started")),
        outcome=_outcome(fields) if "outcome" in fields else None,
        ended=_moment(fields.get("ended")),
        exit_code=fields.get("exit_code"),
        told=trial.state.is_finished(),
    )


def _outcome(fields: dict[str, Any]) -> Outcome:
    state, reason, message = fields["outcome"]
    metrics = {name: Metric(*texts) for name, texts in fields["metrics"].items()}
    return Outcome(state, reason, message, metrics)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _drop_torn_end(path: Path) -> None:
    """Cut a last line that was not written to its end."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        end = content.rfind(b"\n") + 1
        last = content.rfind(b"\n", 0, end - 1) + 1 if end else 0
        if end and not _is_json(content[last:end]):
            end = last
        if end < len(content):
            file.truncate(end)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True

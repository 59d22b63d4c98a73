# SPDX-License-Identifier: Apache-2.0
"""Every search of this machine at a glance.

A hundred journals are read in less than a second: of each trial only its last record is looked at, and of
what it reported on its way nothing. What a journal should not hold is for `journal_lines` to find.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast, get_args

from kfp_katib.engines.local.folder import RunFolder, names_in, owner
from kfp_katib.engines.local.journal import Journal, StudyTrial
from kfp_katib.engines.local.journal_attributes import FORMAT, LATEST, MANIFEST, RETRIES, TRIAL
from kfp_katib.engines.local.journal_file import read_journal
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.recorded_trials import trial_of
from kfp_katib.engines.local.standing import judged_anew
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from kfp_katib.experiment.accepted import accepted
from kfp_katib.results import Metric, Overview, Score, SearchState, TrialCondition, TrialState, overview
from kfp_katib.trial.plain_file import open_regular
from kfp_katib.trial.processes import Process

_CODE = slice(0, 12)
_CREATE_STUDY, _STUDY_ATTRIBUTE, _CREATE_TRIAL = b'{"op_code":0', b'{"op_code":2', b'{"op_code":4'
_TRIAL_ATTRIBUTE = b'{"op_code":8'
_NO_MATTER = frozenset({b'{"op_code":3', b'{"op_code":6', b'{"op_code":7', b'{"op_code":9'})
_TRIAL_ID = re.compile(rb'"trial_id":([0-9]+),')
_OURS, _RETRIES = f'"{TRIAL}":'.encode(), f'"{RETRIES}":'.encode()
_STATES = frozenset(get_args(TrialState))
_MISREAD = (AttributeError, InputError, LookupError, TypeError, ValueError, RecursionError)


def searches(options: RunOptions) -> tuple[Overview, ...]:
    """Every search in `runs` at a glance, in order of their names; nothing is changed."""
    runs = Path(options.runs)
    folders = [RunFolder((runs / name).absolute()) for name in names_in(runs)]
    found = [(folder, _overview(folder)) for folder in folders]
    return tuple(each for folder, each in found if each.state != "Unreadable" or folder.journal.exists())


def _overview(folder: RunFolder) -> Overview:
    name = folder.path.name
    running = False
    with suppress(OSError):  # somebody else's lock
        running = owner(folder) is not None
    with suppress(OSError, *_MISREAD):
        return _summed(name, *_glance(folder.journal), running=running)
    try:  # the reader that takes every form of line, or says what is wrong
        return _summed(name, read_journal(folder.journal), None, running=running)
    except InputError as err:
        return Overview(name, "Unreadable", str(err))


def _summed(name: str, journal: Journal, began: datetime | None, *, running: bool) -> Overview:
    waits: SearchState = "Running" if running else "Unfinished"
    if MANIFEST not in journal.attributes:
        return Overview(name, waits, began=began)
    experiment = accepted(json.loads(journal.attributes[MANIFEST]), name=f"Experiment '{name}'")
    score = Score(experiment.objective)
    for record in journal.counted:
        score.take(trial_of(record, experiment, ""))
    verdict = journal.verdict and judged_anew(journal.verdict, experiment, score)
    return overview(experiment, score, verdict.state if verdict else waits, began)


def _glance(path: Path) -> tuple[Journal, datetime]:
    """The journal as far as a list needs it, and when its first trial was suggested.

    Raises:
        OSError: It cannot be read.
        ValueError: A line is not as we write it; so it is with the other errors of `_MISREAD`.
    """
    glance = _Glance(Journal(RunFolder(path.parent).experiment))
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb", buffering=1 << 18) as file:
        began = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        for line in file:
            if line[_CODE] not in _NO_MATTER and line.endswith(b"\n"):
                glance.take(line)
    return glance.journal_with_records(), glance.began or began


@dataclass(slots=True)
class _Glance:
    """A journal's lines, as far as they matter here; the last record of each trial is kept as it is.

    `take` and `journal_with_records` raise some error of `_MISREAD` for a line that is not as we write it.
    """

    journal: Journal
    began: datetime | None = None
    _records: dict[int, bytes] = field(default_factory=dict)

    def take(self, line: bytes) -> None:
        """Take the next line that matters."""
        code = line[_CODE]
        if code == _TRIAL_ATTRIBUTE:
            found = _TRIAL_ID.search(line)
            if found and _OURS in line:
                self._records[int(found[1])] = line
        elif code == _CREATE_TRIAL:
            self._suggested(line)
        elif code == _STUDY_ATTRIBUTE:
            self.journal.attributes |= json.loads(line)["user_attr"]
            if self.journal.attributes.get(FORMAT, 0) > LATEST:
                raise ValueError("a newer version wrote it")
        elif code != _CREATE_STUDY or self.journal.study is not None:
            raise ValueError("another program has written here")
        elif json.loads(line)["study_name"] != self.journal.name:
            raise ValueError("it is another search's")
        else:
            self.journal.study = 0

    def _suggested(self, line: bytes) -> None:
        document: dict[str, Any] = {}
        if self.began is None or _RETRIES in line:
            document = json.loads(line)
        if self.began is None:
            self.began = datetime.fromisoformat(document["datetime_start"])
        retries = document.get("user_attrs", {}).get(RETRIES)
        self.journal.take(StudyTrial({}, {}, Record(len(self.journal.trials), {}), retries))

    def journal_with_records(self) -> Journal:
        """The journal, once all lines are taken."""
        for number, line in self._records.items():
            self.journal.trials[number].record = _record(number, json.loads(line)["user_attr"][TRIAL])
        return self.journal


def _record(number: int, fields: dict[str, Any]) -> Record:
    """What counts of a record: its trial's name, whether it runs, and how it ended."""
    if "outcome" not in fields:
        return Record(
            number, {}, fields["name"], Process(*fields["process"]) if "process" in fields else None
        )
    metrics = {name: Metric(*map(str, texts)) for name, texts in fields["metrics"].items()}
    state, reason, message = map(str, fields["outcome"])
    if state not in _STATES:
        raise ValueError(f"{state!r} is no state")
    return Record(
        number,
        {},
        fields["name"],
        outcome=TrialCondition(cast("TrialState", state), reason, message, metrics),
    )

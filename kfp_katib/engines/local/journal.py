# SPDX-License-Identifier: Apache-2.0
"""The state of a search: one Optuna study in one journal file, with a record of ours on every trial.

Nothing else is state. A trial's record is written before the trial may run and again when it has ended,
so that an engine that is killed at any moment finds, when it comes back, what is done and what is not.
`optuna-dashboard` can look on meanwhile.
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path

from optuna.exceptions import OptunaError
from optuna.storages import JournalStorage
from optuna.study import Study, load_study

from kfp_katib.engines.local.journal_file import JournalFile, damaged
from kfp_katib.engines.local.journal_shapes import FORMAT, LATEST, MANIFEST, TRIAL, VERDICT
from kfp_katib.engines.local.record import Record as Record
from kfp_katib.engines.local.record import decode, encode
from kfp_katib.engines.local.search.suggestions import PARAMETERS, Suggestions
from kfp_katib.errors import InputError
from kfp_katib.results import Condition

_WRONG = (ArithmeticError, AssertionError, AttributeError, LookupError, OptunaError, TypeError, ValueError)
"""What Optuna raises where a line makes no sense to it."""


def now() -> datetime:
    """The time, to be written down."""
    return datetime.now(UTC)


def open_storage(path: Path) -> JournalStorage:
    """The journal's storage; a last line that was not written to its end is dropped.

    Args:
        path: The file, in a folder of the study's name.

    Raises:
        InputError: It is no plain file, a line of it is damaged, or a newer version has written it.
    """
    file = JournalFile(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna's, about distributions that it takes all the same
            storage = JournalStorage(file)
        file.drop_torn_end()
    except OSError as err:
        raise InputError(f"The journal {path} cannot be read: {err.strerror}. Mend that first.") from err
    except (*_WRONG, RecursionError) as err:
        raise damaged(path, file.line, err) from err
    return storage


def check(suggestions: Suggestions, path: Path) -> None:
    """Whether the trials in a journal are points of the Experiment's search space.

    Raises:
        InputError: One of them is not.
    """
    file = getattr(suggestions.study._storage, "_backend", None)
    for trial in suggestions.study.get_trials(deepcopy=False):
        if why := suggestions.misfit(trial):
            line = file.created[trial._trial_id] if isinstance(file, JournalFile) else 0
            raise damaged(path, line, f"trial {trial.number} {why}")


def stored_manifest(storage: JournalStorage, name: str) -> str | None:
    """The manifest that a study was started with, None where there is none yet."""
    attributes = (study.user_attrs for study in storage.get_all_studies() if study.study_name == name)
    return next((found.get(MANIFEST) for found in attributes), None)


def store_manifest(study: Study, manifest_json: str) -> None:
    """Tie a study that begins to its manifest, and say how its journal is written."""
    study.set_user_attr(FORMAT, LATEST)
    study.set_user_attr(MANIFEST, manifest_json)


def find_study(storage: JournalStorage, name: str) -> Study | None:
    """The study of a search, None where it never began."""
    known = any(study.study_name == name for study in storage.get_all_studies())
    return load_study(study_name=name, storage=storage) if known else None


def stored_verdict(study: Study) -> Condition | None:
    """The verdict that ended the search, None while it is unfinished."""
    fields = study.user_attrs.get(VERDICT)
    return Condition(*fields) if fields else None


def store_verdict(study: Study, verdict: Condition) -> None:
    """End the search."""
    study.set_user_attr(VERDICT, [verdict.state, verdict.reason, verdict.message])


def write(study: Study, record: Record) -> None:
    """Write what is known of a trial; the last record of a trial counts."""
    study._storage.set_trial_user_attr(_trial_id(study, record.number), TRIAL, encode(record))


def read(study: Study) -> list[Record]:
    """Every trial of the study, in order of creation."""
    return [
        decode(
            trial.number,
            trial.user_attrs[PARAMETERS],
            trial.user_attrs.get(TRIAL),
            told=trial.state.is_finished(),
        )
        for trial in study.get_trials(deepcopy=False)
    ]


def _trial_id(study: Study, number: int) -> int:
    return study._storage.get_trial_id_from_study_id_trial_number(study._study_id, number)

# SPDX-License-Identifier: Apache-2.0
"""Ending the searches on this machine from outside the engine that runs them; their folders stay."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from kfp_katib.engines import labels
from kfp_katib.engines.local.existing import found, stored_experiment
from kfp_katib.engines.local.folder import RunFolder, lock_of, names_in, open_folder, owner
from kfp_katib.engines.local.journal_attributes import MANIFEST
from kfp_katib.engines.local.journal_file import MOST_BYTES, read_journal
from kfp_katib.engines.local.resume import end_orphans, readable
from kfp_katib.engines.local.standing import standing
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError, Unfinished
from kfp_katib.trial.plain_file import open_regular
from kfp_katib.trial.processes import has_open

logger = logging.getLogger(__name__)

_RUNS = RunOptions().runs
_HEAD = 20
"""The manifest is within this many first lines of a journal."""
_POLL_SECONDS = 0.1


def cancel(name: str, options: RunOptions, *, wait_seconds: float = 60.0) -> bool:
    """End a search's trials and its engine; the folder stays, and the search can go on later.

    Args:
        name: The Experiment.
        options: Of these, `runs`.
        wait_seconds: How long to wait for an engine to end its trials.

    Returns:
        Whether anything was running.

    Raises:
        InputError: There is no such search, or its engine is not ours to end.
        Unfinished: The engine is still there after `wait_seconds`.
    """
    folder = found(name, options)
    deadline = time.monotonic() + wait_seconds
    asked: int | None = None
    while (engine := owner(folder)) is not None:
        if engine != asked:
            _ask_to_end(engine, name, folder)
            asked = engine
        if time.monotonic() > deadline:
            raise Unfinished(f"Experiment '{name}' is still run by process {engine}. Kill it: kill {engine}")
        time.sleep(_POLL_SECONDS)
    with open_folder(folder.path.parent, name):
        return end_orphans(folder, readable(folder).records) or asked is not None


def _ask_to_end(engine: int, name: str, folder: RunFolder) -> None:
    """Signal an engine; on a disk that machines share, its process id may be that of a stranger here.

    Raises:
        InputError: It is another machine's, or another user's.
    """
    where = "another machine or container"
    try:
        if has_open(engine, lock_of(folder)):
            os.kill(engine, signal.SIGTERM)
            return
    except ProcessLookupError:
        if owner(folder) != engine:
            return  # it has just ended
    except PermissionError:
        where = "another user"
    raise InputError(f"Experiment '{name}' is run by process {engine} of {where}. End it from there.")


def end_abandoned(run_id: str, *, namespaces: Sequence[str] = (), runs: Path = _RUNS) -> list[str]:
    """Kill the trials still running in the searches of a pipeline run whose engine is gone.

    A search whose engine is alive, that has a verdict, or that lacks the run's label is left alone.

    Args:
        run_id: The run's id, which the label `kfp-katib/run-id` holds.
        namespaces: Ignored; there are none here.
        runs: The folder of all searches.

    Returns:
        The Experiments in which something was still running.
    """
    label = labels.label_value(run_id)
    candidates = [name for name in names_in(runs) if _mentions(RunFolder(runs / name).journal, label)]
    return [name for name in candidates if _end(runs, name, label)]


def _mentions(path: Path, label: str) -> bool:
    """Whether a journal may belong to the run; saves reading every journal in full."""
    try:
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
            return any(label.encode() in file.readline(MOST_BYTES) for _ in range(_HEAD))
    except OSError as err:
        logger.warning("left alone: %s: %s", path, err.strerror)
        return False


def _end(runs: Path, name: str, label: str) -> bool:
    try:
        with open_folder(runs, name) as folder:
            journal = read_journal(folder.journal)
            manifest = journal.attributes.get(MANIFEST, "{}")
            if not _is_labelled(manifest, label) or standing(stored_experiment(manifest, name), journal):
                return False
            return end_orphans(folder, journal.records)
    except InputError as err:
        logger.warning("left alone: %s", err)
        return False


def _is_labelled(manifest_json: str, label: str) -> bool:
    metadata = json.loads(manifest_json).get("metadata")
    given = metadata.get("labels") if isinstance(metadata, dict) else None
    return isinstance(given, dict) and given.get(labels.RUN) == label

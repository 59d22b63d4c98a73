# SPDX-License-Identifier: Apache-2.0
"""Ends what an aborted pipeline run left running on this machine, found by the label of that run."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from kfp_katib.engines import labels
from kfp_katib.engines.local.folder import open_folder
from kfp_katib.engines.local.journal import MANIFEST
from kfp_katib.engines.local.journal_file import MOST_BYTES, read_journal
from kfp_katib.engines.local.resume import end_orphans
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from kfp_katib.trial.plain_file import open_regular

logger = logging.getLogger(__name__)

_RUNS = RunOptions().runs
_HEAD = 20
"""Lines of a journal among which the manifest stands."""


def own_step() -> tuple[str, str]:
    """Nothing: a step on this machine has no pod that would tell."""
    return "", ""


def end_abandoned(run_id: str, *, namespaces: Sequence[str] = (), runs: Path = _RUNS) -> list[str]:
    """Kill the trials that still run in searches of a pipeline run whose engine is gone.

    A search whose engine is alive, or that has its verdict, is left alone, as is every search without the
    run's label.

    Args:
        run_id: The run, whose label is `kfp-katib/run-id`.
        namespaces: There are none here.
        runs: The folder of all searches.

    Returns:
        The Experiments in which something was still running.
    """
    label = labels.label_value(run_id)
    candidates = [path.parent.name for path in sorted(runs.glob("*/journal")) if _mentions(path, label)]
    return [name for name in candidates if _end(runs, name, label)]


def _mentions(path: Path, label: str) -> bool:
    """Whether a journal may be the run's: spares reading every journal there ever was."""
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
            if journal.verdict or not _is_labelled(journal.attributes.get(MANIFEST, "{}"), label):
                return False
            return end_orphans(folder, journal.records)
    except InputError as err:
        logger.warning("left alone: %s", err)
        return False


def _is_labelled(manifest_json: str, label: str) -> bool:
    metadata = json.loads(manifest_json).get("metadata")
    found = metadata.get("labels") if isinstance(metadata, dict) else None
    return isinstance(found, dict) and found.get(labels.RUN) == label

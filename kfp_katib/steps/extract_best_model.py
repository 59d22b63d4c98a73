# SPDX-License-Identifier: Apache-2.0
"""The best checkpoint becomes a deployable model; then, and only then, the losers are deleted."""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.steps import user_function as functions
from kfp_katib.steps.arguments import as_sent

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What is told about the deployable model, and how many checkpoints went (or would have gone)."""

    metadata: Mapping[str, functions.Scalar]
    pruned: int


def extract(
    function: str,
    checkpoint: str,
    about: Mapping[str, Any],
    trials: str,
    destination: str,
    *,
    keep: int = 1,
    dry_run: bool = False,
) -> Extracted:
    """Export the best model, then prune the others.

    Args:
        function: The user's function, called as `function(model, destination)`.
        checkpoint: The folder of the best model that the search delivered.
        about: What the search told about it.
        trials: The search's trials as CSV; the delivered trial must be among them.
        destination: Where the deployable model goes.
        keep: 1 keeps the best trial's own folder, 0 not even that.
        dry_run: Delete nothing.

    Raises:
        InputError: The function does not fit, or model and trials are of different searches.
        StorageError: The delivered copy is damaged, so nothing is deleted.
    """
    target = Path(destination)
    if about.get("model") == "none":
        _log.warning("the search delivered no model, so none is exported")
        target.mkdir(parents=True, exist_ok=True)
        return Extracted({"model": "none"}, 0)
    name = as_sent(function)
    target.parent.mkdir(parents=True, exist_ok=True)
    metadata = functions.metadata(functions.call(name, Path(checkpoint), target), name)
    if not target.exists():
        raise InputError(f"function {name!r} wrote nothing to {target}. Write the model to the path it gets.")
    return Extracted(
        {"trial": str(about.get("trial", "")), **metadata, "models": str(about.get("models", ""))},
        _prune(checkpoint, about, trials, keep=keep, dry_run=dry_run),
    )


def _prune(checkpoint: str, about: Mapping[str, Any], trials: str, *, keep: int, dry_run: bool) -> int:
    from kfp_katib.storage import prune

    where = {key: str(about.get(key, "")) for key in ("models", "experiment", "trial")}
    if not all(where.values()):
        _log.warning("the model does not say where the other checkpoints are, so none is deleted")
        return 0
    names = _names(trials)
    if where["trial"] not in names:
        raise InputError(
            f"The best model is of trial {where['trial']!r}, which is not among the {len(names)} trials. "
            "Take best_model and trials from the same launch_katib; nothing was deleted."
        )
    pruned = prune(
        where["models"],
        where["experiment"],
        where["trial"],
        trials=names,
        copy=checkpoint,
        keep=keep,
        dry_run=dry_run,
    )
    for folder in pruned.removed if dry_run else ():
        _log.info("would delete %s/%s/%s", where["models"], where["experiment"], folder)
    return len(pruned.removed)


def _names(trials: str) -> list[str]:
    """The trials in a table."""
    try:
        with Path(trials).open(newline="", encoding="utf-8") as table:
            return [row["name"] or "" for row in csv.DictReader(table)]
    except (OSError, ValueError, KeyError, csv.Error) as err:
        raise InputError(
            f"The trials {trials} are not the table that launch_katib writes ({type(err).__name__}: {err}). "
            "Take best_model and trials from the same launch_katib; nothing was deleted."
        ) from err

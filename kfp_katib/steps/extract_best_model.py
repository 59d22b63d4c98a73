# SPDX-License-Identifier: Apache-2.0
"""Export the best checkpoint as a deployable model; then, and only then, delete the other checkpoints."""

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

_PROVENANCE = (
    "experiment",
    "trial",
    "models",
    "metric",
    "value",
    "parameters",
    "manifest_sha256",
    "image",
)
"""What the search's metadata say of where a model comes from, for whoever gets the deployable one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Extracted:
    """The deployable model's metadata, and how many checkpoints were (or would be) deleted.

    The metadata are what the user's function returned, and where the model comes from.
    """

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
        checkpoint: The folder of the best model that the search collected.
        about: Its metadata, from the search.
        trials: The search's trials as CSV; the collected trial must be among them.
        destination: Where the deployable model goes.
        keep: 1 keeps the best trial's own folder, 0 not even that.
        dry_run: Delete nothing.

    Raises:
        InputError: The function cannot be called, or model and trials come from different searches.
        StorageError: The collected copy is damaged, so nothing is deleted.
    """
    target = Path(destination)
    if about.get("model") == "none":
        _log.warning("the search left no model, so none is exported")
        target.mkdir(parents=True, exist_ok=True)
        return Extracted({"model": "none"}, 0)
    metadata = functions.write("model", as_sent(function), Path(checkpoint), target)
    provenance = {key: as_sent(about[key]) for key in _PROVENANCE if key in about}
    for key in provenance.keys() & metadata.keys():
        _log.warning(
            "function %r returned %r, which is kept for the search's own %r: give it another name",
            function,
            key,
            provenance[key],
        )
    pruned = _prune(checkpoint, about, trials, keep=keep, dry_run=dry_run)
    return Extracted({**metadata, **provenance}, pruned)


def _prune(checkpoint: str, about: Mapping[str, Any], trials: str, *, keep: int, dry_run: bool) -> int:
    from kfp_katib.storage import prune

    models, experiment, trial = (str(about.get(key, "")) for key in ("models", "experiment", "trial"))
    if not (models and experiment and trial):
        _log.warning("the model does not say where the other checkpoints are, so none is deleted")
        return 0
    names = _trial_names(trials)
    if trial not in names:
        raise InputError(
            f"The best model comes from trial {trial!r}, which is not among the {len(names)} trials. "
            "Take best_model and trials from the same launch_katib; nothing was deleted."
        )
    pruned = prune(models, experiment, trial, trials=names, copy=checkpoint, keep=keep, dry_run=dry_run)
    for folder in pruned.removed if dry_run else ():
        _log.info("would delete %s/%s/%s", models, experiment, folder)
    return len(pruned.removed)


def _trial_names(trials: str) -> list[str]:
    """The names of the trials in the CSV table."""
    try:
        with Path(trials).open(newline="", encoding="utf-8") as table:
            return [row["name"] or "" for row in csv.DictReader(table)]
    except (OSError, ValueError, KeyError, csv.Error) as err:
        raise InputError(
            f"The trials {trials} are not the table that launch_katib writes ({type(err).__name__}: {err}). "
            "Take best_model and trials from the same launch_katib; nothing was deleted."
        ) from err

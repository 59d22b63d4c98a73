# SPDX-License-Identifier: Apache-2.0
"""Takes the winner's model out of its trial; where that is lost, the next best one's."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from kfp_katib.errors import NoCheckpoint
from kfp_katib.results import Result, Trial, objective_text, objective_value, ranked
from kfp_katib.storage.checkpoint import read_at
from kfp_katib.storage.delivery import deliver
from kfp_katib.storage.model_json import Checkpoint
from kfp_katib.storage.names import refuse_unsafe_name
from kfp_katib.storage.places import Place, place, trouble

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collected:
    """The model that was taken.

    Attributes:
        trial: The trial whose model it is; None where no trial left a whole one.
        checkpoint: The copy in the destination, None likewise.
        notes: Sentences that a user should read: which better model was lost, what does not match.
        looked_in: The folders that were looked into, the best trial's first.
    """

    trial: Trial | None
    checkpoint: Checkpoint | None
    notes: tuple[str, ...] = ()
    looked_in: tuple[str, ...] = ()


def collect(
    result: Result, models: str | Path, destination: str | Path, *, endpoint_url: str = ""
) -> Collected:
    """Copy the best model that is whole into a folder, every checksum verified.

    Args:
        result: What the search left; its trials are tried from the best on.
        models: The root of all models; a trial's lies in `<models>/<experiment>/<trial>/`.
        destination: The folder to fill: a path or a URI. What it holds of an earlier try is replaced.
        endpoint_url: The address of an S3 server other than Amazon's.

    Raises:
        InputError: A name in the result could lead out of the models' root.
        StorageError: A store cannot be read or written; a model that is missing or damaged does not raise.
    """
    objective = result.experiment.objective
    refuse_unsafe_name("experiment", result.experiment.name)
    root = place(models, endpoint_url, what="the models") / result.experiment.name
    target = place(destination, endpoint_url, what="the best model")
    notes: list[str] = []
    looked_in: list[str] = []
    for trial in ranked(result.trials, objective):
        refuse_unsafe_name("trial", trial.name)
        looked_in.append((root / trial.name).uri)
        try:
            checkpoint = _take(root / trial.name, target)
        except NoCheckpoint as err:
            notes.append(_skipped(trial, objective, err))
            logger.warning("%s", notes[-1])
            continue
        notes += _mismatch(trial, checkpoint, objective)
        logger.info("took the model of trial %s from %s", trial.name, looked_in[-1])
        return Collected(trial, checkpoint, tuple(notes), tuple(looked_in))
    return Collected(None, None, tuple(notes), tuple(looked_in))


def _take(source: Place, target: Place) -> Checkpoint:
    with trouble(f"looking at {source}"):
        if source.path and any(path.is_symlink() for path in (source.path, source.path.parent)):
            raise NoCheckpoint(f"{source} is reached through a symbolic link, which is not followed.")
    deliver(read_at(source), source, target)
    return read_at(target)


def _skipped(trial: Trial, objective: Objective, err: NoCheckpoint) -> str:
    value = f"{objective.metric}={objective_text(trial, objective)}"
    return f"Trial '{trial.name}' ({value}) has no whole model and was passed over: {err}"


def _mismatch(trial: Trial, checkpoint: Checkpoint, objective: Objective) -> list[str]:
    """A note where the files are from another epoch than the value that Katib compared."""
    compared, saved = objective_text(trial, objective), checkpoint.metrics.get(objective.metric)
    if saved is None or _same(compared, objective_value(trial, objective), saved):
        return []
    epoch = "" if checkpoint.epoch is None else f" at epoch {checkpoint.epoch}"
    strategy = objective.strategies[objective.metric]
    return [
        f"The model of trial '{trial.name}' was saved{epoch} with {objective.metric}={saved:g}, but the "
        f"search compared {compared} (strategy {strategy}): its files are of another epoch. "
        "Let the script keep the files of the epoch that the strategy takes."
    ]


def _same(text: str, value: float | None, saved: float) -> bool:
    """Whether a printed number can be the saved one: apart by at most one unit of its last digit."""
    try:
        exponent = Decimal(text).as_tuple().exponent
        unit = 10.0**exponent if isinstance(exponent, int) else 0.0
    except ArithmeticError:  # a number such as 0e999999999 or 1e-99999999999999999999
        unit = 0.0
    return value is not None and abs(value - saved) <= unit * (1 + 1e-9)

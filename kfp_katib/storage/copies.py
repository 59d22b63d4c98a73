# SPDX-License-Identifier: Apache-2.0
"""Copies models: collect the winner's into the step's output, promote one to its release folder.

At every moment the target holds a complete model, the earlier or the new one. What was there before is
replaced only if it is a model that we could have written; anything else is refused. What a killed process
left behind is recognized by its name or by a list that it wrote, and the next copy deletes it.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.results import Result, Trial, objective_text, objective_value, ranked
from kfp_katib.storage import disk, object_store
from kfp_katib.storage.addresses import refuse_unsafe_name, within
from kfp_katib.storage.checkpoint import digests, read_at, verify_at
from kfp_katib.storage.model_json import MODEL_JSON, Checkpoint, name_fault, parse, write
from kfp_katib.storage.places import Place, files_below, place
from kfp_katib.storage.stores import trouble

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collected:
    """The model that was collected.

    Attributes:
        trial: The trial whose model it is; None if no trial left a complete one.
        checkpoint: The copy in the destination; None in the same case.
        notes: Sentences that a user should read: which better model was lost, what does not match.
        looked_in: The folders that were searched, the best trial's first.
    """

    trial: Trial | None
    checkpoint: Checkpoint | None
    notes: tuple[str, ...] = ()
    looked_in: tuple[str, ...] = ()


def collect(
    result: Result, models: str | Path, destination: str | Path, *, endpoint_url: str = ""
) -> Collected:
    """Copy the best complete model into a folder, and verify every checksum.

    Args:
        result: The search's Result; its trials are tried best first.
        models: The root of all models; a trial's is in `<models>/<experiment>/<trial>/`.
        destination: The folder to fill: a path or a URI. What an earlier attempt left there is replaced.
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
        logger.info("collected the model of trial %s from %s", trial.name, looked_in[-1])
        return Collected(trial, checkpoint, tuple(notes), tuple(looked_in))
    return Collected(None, None, tuple(notes), tuple(looked_in))


def promote(source: str | Path, release_uri: str | Path, *, endpoint_url: str = "") -> str:
    """Copy a model into a release folder and return its address.

    Of a folder with a model.json, the listed files are promoted, every checksum verified. One without, such
    as an exported model, gets a model.json made from what arrived. A release that holds the same model
    already is left as it is; another model in its place is replaced.

    Args:
        source: The folder with the model, or the model's single file.
        release_uri: The folder to fill: a path or a URI.
        endpoint_url: The address of an S3 server other than Amazon's.

    Returns:
        The release's address: an absolute path or a URI.

    Raises:
        InputError: An address is not valid, or one place is inside the other.
        NoCheckpoint: The source is empty, damaged, or has a file that its model.json does not list.
        StorageError: A store refuses, or the release folder holds something that is not a model.
    """
    model = place(source, endpoint_url, what="the model")
    release = place(release_uri, endpoint_url, what="the release")
    _refuse_nested(model, release)
    with trouble(f"looking at {model}"):
        alone = model.is_file()
        folder, names = (model.parent, [model.name]) if alone else (model, _files(model))
    checkpoint = (_as_listed if MODEL_JSON in names else _listed_now)(folder, names)
    if _holds(release, checkpoint):
        _tidy(release)
        logger.info("the release %s holds this model already", release)
    else:
        replace(checkpoint, folder, release)
        logger.info("promoted %s to %s", model, release)
    return release.uri


def replace(checkpoint: Checkpoint, source: Place, target: Place) -> None:
    """Copy a model into a folder, every checksum verified; the model that is there is replaced.

    Raises:
        NoCheckpoint: A file is missing or damaged.
        StorageError: A store refuses, or there is something that is not a model.
    """
    with trouble(f"writing the model to {target}", missing=StorageError):
        if target.path:
            disk.replace(checkpoint, source, target.path)
        else:
            object_store.replace(checkpoint, source, target)


def _tidy(target: Place) -> None:
    """Repair what a killed process interrupted, and delete what it left over."""
    with trouble(f"tidying {target}", missing=StorageError):
        if target.path:
            disk.tidy(target.path)
        else:
            object_store.tidy(target)


def _take(source: Place, target: Place) -> Checkpoint:
    with trouble(f"looking at {source}"):
        if source.path and any(path.is_symlink() for path in (source.path, source.path.parent)):
            raise NoCheckpoint(f"{source} is reached through a symbolic link, which is not followed.")
    replace(read_at(source), source, target)
    return read_at(target)


def _skipped(trial: Trial, objective: Objective, err: NoCheckpoint) -> str:
    value = f"{objective.metric}={objective_text(trial, objective)}"
    return f"Trial '{trial.name}' ({value}) has no complete model and was skipped: {err}"


def _mismatch(trial: Trial, checkpoint: Checkpoint, objective: Objective) -> list[str]:
    """A note if the files are from another epoch than the value that Katib compared."""
    compared, saved = objective_text(trial, objective), checkpoint.metrics.get(objective.metric)
    if saved is None or _same(compared, objective_value(trial, objective), saved):
        return []
    epoch = "" if checkpoint.epoch is None else f" at epoch {checkpoint.epoch}"
    strategy = objective.strategies[objective.metric]
    return [
        f"The model of trial '{trial.name}' was saved{epoch} with {objective.metric}={saved:g}, but the "
        f"search compared {compared} (strategy {strategy}): its files are from another epoch. "
        "Have the script keep the files of the epoch that the strategy takes."
    ]


def _same(text: str, value: float | None, saved: float) -> bool:
    """Whether a printed number can be the saved one: they differ by at most one unit of its last digit."""
    try:
        exponent = Decimal(text).as_tuple().exponent
        unit = 10.0**exponent if isinstance(exponent, int) else 0.0
    except ArithmeticError:  # a number such as 0e999999999 or 1e-99999999999999999999
        unit = 0.0
    return value is not None and abs(value - saved) <= unit * (1 + 1e-9)


def _files(model: Place) -> list[str]:
    """The names of its files, without a store's folder markers."""
    return sorted(name for name in files_below(model) if not name.endswith("/"))


def _refuse_nested(model: Place, release: Place) -> None:
    if model.uri != release.uri and (within(model.uri, release.uri) or within(release.uri, model.uri)):
        raise InputError(
            f"The release {release} and the model {model}: one is inside the other. Name another place."
        )


def _as_listed(model: Place, names: list[str]) -> Checkpoint:
    """The source's own list, verified before it replaces a complete release."""
    checkpoint = read_at(model)
    unlisted = sorted(set(names) - {MODEL_JSON} - checkpoint.names)
    if unlisted:
        raise NoCheckpoint(
            f"{model}: {unlisted[0]!r} is not listed in {MODEL_JSON}, so it would be left behind. List it, "
            f"or leave {MODEL_JSON} out: it is then written from the files that are there."
        )
    verify_at(model, checkpoint)
    return checkpoint


def _listed_now(model: Place, names: list[str]) -> Checkpoint:
    """A list made from the files in the folder."""
    if not names:
        raise NoCheckpoint(f"{model} holds no file to promote.")
    with trouble(f"looking at {model}"):
        for name in names:
            if fault := name_fault(name):
                raise NoCheckpoint(
                    f"{model} holds a file that cannot be promoted: its name {name!r} {fault}."
                )
            (model / name).size()  # refuses symbolic links
    return parse(write(digests(model, names)), model.uri)


def _holds(release: Place, checkpoint: Checkpoint) -> bool:
    with suppress(NoCheckpoint):
        there = read_at(release)
        if there.text == checkpoint.text:
            verify_at(release, there)
            return True
    return False

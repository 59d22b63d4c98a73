# SPDX-License-Identifier: Apache-2.0
"""Promotes a model: copies it to where others take it from, verified, and says where that is."""

from __future__ import annotations

import logging
from pathlib import Path

from kfp_katib.errors import InputError, NoCheckpoint
from kfp_katib.storage.addresses import within
from kfp_katib.storage.checkpoint import read_at, verify_at
from kfp_katib.storage.copying import digest_all
from kfp_katib.storage.delivery import deliver, tidy
from kfp_katib.storage.model_json import MODEL_JSON, Checkpoint, ModelFile, name_fault, parse, write
from kfp_katib.storage.objects import files_below
from kfp_katib.storage.places import Place, place, trouble

logger = logging.getLogger(__name__)


def promote(source: str | Path, release_uri: str | Path, *, endpoint_url: str = "") -> str:
    """Copy a model into a release folder and return its address.

    A folder with a model.json is published as that lists it, every checksum verified. One without, such as
    an exported model, gets a model.json made from what arrived. A release that holds the same model already
    is left as it is; another model in its place is replaced.

    Args:
        source: The folder with the model, or the one file that it is.
        release_uri: The folder to fill: a path or a URI.
        endpoint_url: The address of an S3 server other than Amazon's.

    Returns:
        The release's address: an absolute path or a URI.

    Raises:
        InputError: An address is none, or one place lies in the other.
        NoCheckpoint: The source is empty, damaged, or has a file that its model.json does not list.
        StorageError: A store refuses, or the release folder holds something that is no model.
    """
    model = place(source, endpoint_url, what="the model")
    release = place(release_uri, endpoint_url, what="the release")
    _refuse_nested(model, release)
    with trouble(f"looking at {model}"):
        alone = model.is_file()
        folder, names = (model.parent, [model.name]) if alone else (model, _files(model))
    checkpoint = _listed_now(folder, names) if MODEL_JSON not in names else _as_listed(folder, names)
    if _holds(release, checkpoint):
        tidy(release)
        logger.info("the release %s holds this model already", release)
    else:
        deliver(checkpoint, folder, release)
        logger.info("published %s to %s", model, release)
    return release.uri


def _files(model: Place) -> list[str]:
    return sorted(name for name in files_below(model) if not name.endswith("/"))  # those mark folders


def _refuse_nested(model: Place, release: Place) -> None:
    if model.uri != release.uri and (within(model.uri, release.uri) or within(release.uri, model.uri)):
        raise InputError(
            f"The release {release} and the model {model} lie in one another. Name another place."
        )


def _as_listed(model: Place, names: list[str]) -> Checkpoint:
    """The source's own list, verified before a release that is whole gives way to it."""
    checkpoint = read_at(model)
    unlisted = sorted(set(names) - {MODEL_JSON} - {file.name for file in checkpoint.files})
    if unlisted:
        raise NoCheckpoint(
            f"{model}: {unlisted[0]!r} is not listed in {MODEL_JSON}, so it would be left behind. List it, "
            f"or leave {MODEL_JSON} away: it is then written from the files that are there."
        )
    verify_at(model, checkpoint)
    return checkpoint


def _listed_now(model: Place, names: list[str]) -> Checkpoint:
    """A list made from the files that are there."""
    if not names:
        raise NoCheckpoint(f"{model} holds no file to promote.")
    with trouble(f"looking at {model}"):
        for name in names:
            if fault := name_fault(name):
                raise NoCheckpoint(
                    f"{model} holds a file that cannot be released: its name {name!r} {fault}."
                )
            (model / name).size()  # refuses symbolic links
    digests = digest_all(model, names)
    return parse(
        write(ModelFile(name, digests[name].sha256, digests[name].bytes) for name in names), model.uri
    )


def _holds(release: Place, checkpoint: Checkpoint) -> bool:
    try:
        there = read_at(release)
        if there.text != checkpoint.text:
            return False
        verify_at(release, there)
    except NoCheckpoint:
        return False
    return True

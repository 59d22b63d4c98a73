# SPDX-License-Identifier: Apache-2.0
"""Copy a model to its release place, where its users look for it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.steps.arguments import as_sent
from kfp_katib.storage.addresses import is_relative, stored, within

_log = logging.getLogger(__name__)


def promote_model(model: str, release: str, about: Mapping[str, Any] | None = None) -> str:
    """Copy a model to its release place, verify it and return the address; empty if no place is given.

    Args:
        model: The model, a file or a folder.
        release: Where it goes: an absolute path or a URI.
        about: The model's metadata; `models` is the root of the trials' models.

    Raises:
        InputError: The place is a relative path or no address, or lies among the trials' models.
        StorageError: The model is damaged, a store refuses, or something else than a model is there already.
    """
    from kfp_katib import storage

    if not release:
        _log.info("no release place is given, so the model stays where it is")
        return ""
    return storage.promote(model, _checked(as_sent(release), str((about or {}).get("models", ""))))


def _checked(release: str, models: str) -> str:
    address = stored(release, "the release")
    if is_relative(release):
        raise InputError(
            f"The release {release!r} is a relative path: a folder inside this step, which disappears with "
            "it. Give an absolute path, s3:// or gs://."
        )
    if models and within(address, stored(models, "the models")):
        raise InputError(
            f"The release {release!r} lies in {models}, where the trials keep their models: a release there "
            "would replace one of them, or be deleted with them. Give another place."
        )
    return address

# SPDX-License-Identifier: Apache-2.0
"""Give a model that passed its entry in Kubeflow's Model Registry."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.registry import entries
from kfp_katib.registry.connection import Connection
from kfp_katib.registry.endpoint import namespace
from kfp_katib.registry.entries import Entry, Property, Run
from kfp_katib.steps import user_function as functions
from kfp_katib.steps.arguments import as_sent
from kfp_katib.storage.addresses import absolute, is_relative, is_uri

__all__ = ["Run", "durable", "properties", "register"]

_LONGEST_NAME = 240
"""Letters. The registry's database has 255 for a name, with an id and a colon before it."""

_COPIES = ("/gcs/", "/minio/", "/oci/", "/s3/")
"""Below these, Kubeflow Pipelines puts a step's copies of artifacts (kfp/dsl/types/artifact_types.py)."""

_FORMATS = ("format", "framework")
_log = logging.getLogger(__name__)


def register(
    uri: str,
    about: Mapping[str, Any],
    name: str,
    *,
    address: str = "",
    registry: str = "",
    version: str = "",
    author: str = "",
    run: Run,
    is_secure: bool = True,
) -> tuple[str, str]:
    """Register a model and return the registered model's id and the version; both empty where it is skipped.

    Args:
        uri: The model artifact's own address.
        about: Its metadata.
        name: The registered model's name.
        address: Where the model lies for good, instead of the artifact's own address.
        registry: The registry's address; empty to skip this step.
        version: The version's name; empty means the model's trial.
        author: The owner of a new model, and the author of the version.
        run: The pipeline run that made the model.
        is_secure: Whether a registry's address without a scheme means https.

    Raises:
        InputError: A name or an address cannot be registered, or the version is there with another address.
        ServiceError: The registry refuses, or does not answer.
    """
    if not registry:
        _log.info("no registry is given, so the model is not registered")
        return "", ""
    model, told = _name("name", as_sent(name)), as_sent(dict(about))
    if told.get("model") == "none":
        _log.warning("the search left no model, so none is registered")
        return "", ""
    entry = Entry(
        model=model,
        version=_name("version", as_sent(version) or str(told.get("trial", ""))),
        address=durable(as_sent(address), uri),
        author=as_sent(author),
        format=str(next((told[key] for key in _FORMATS if told.get(key)), "")),
        run=replace(run, namespace=namespace()),
        properties=properties(told),
    )
    with Connection(as_sent(registry), is_secure=is_secure) as connection:
        return entries.register(connection, entry), entry.version


def durable(address: str, uri: str) -> str:
    """Where whoever reads the registry finds the model: `address`, else the artifact's own.

    A path is taken from `address` alone: promote wrote there, to a volume that others mount too. An artifact
    whose address is a path lies on the disk of one step.

    Raises:
        InputError: It is no address, or is gone with this step.
    """
    place = absolute(address or uri, "address")
    if not address and not is_uri(place):
        raise InputError(
            f"The model's own address is {uri!r}, a path that ends with this step. Give `release`, where "
            "promote copies it, and pass promote's address on."
        )
    if address and is_relative(address):
        raise InputError(
            f"address is {address!r}, a relative path. Give an absolute path on a volume that the model's "
            "readers mount, s3:// or gs://."
        )
    if place.startswith((*_COPIES, "memory:")):
        raise InputError(
            f"address is {place!r}, this step's own copy, which ends with it. Give the address that it was "
            "copied from, such as s3://bucket/model."
        )
    return place


def properties(about: Mapping[str, Any]) -> dict[str, Property]:
    """A model's metadata as the registry is told them: each parameter by itself, nothing that is empty.

    Left out is how Kubeflow reaches its own store, which it writes into every artifact's metadata.
    """
    told = {name: functions.scalar(value) for name, value in about.items() if name != "store_session_info"}
    if isinstance(told.get("value"), int):
        told["value"] = float(told["value"])  # Kubeflow makes 2 of 2.0, and not of 2.5
    if (parameters := _parameters(told.get("parameters"))) is not None:
        del told["parameters"]
        told |= {f"parameter.{name}": functions.scalar(value) for name, value in parameters.items()}
    return {name: value for name, value in told.items() if name and value != ""}


def _parameters(text: object) -> dict[str, Any] | None:
    """A trial's parameters; None where this is not their JSON."""
    try:
        parameters = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return parameters if isinstance(parameters, dict) else None


def _name(what: str, text: str) -> str:
    """A name that the registry can hold, and that looks like itself.

    Raises:
        InputError: It is empty, too long, or has something that nobody sees.
    """
    if not text.strip():
        mend = "Give one" if what == "name" else "The model does not name its trial: give one"
        raise InputError(f"The {what} to register the model under is empty. {mend}.")
    if text != text.strip() or not text.isprintable() or len(text) > _LONGEST_NAME:
        raise InputError(
            f"{what} is {text!r:.80}. Give at most {_LONGEST_NAME} letters, without control characters, and "
            "without white space around them."
        )
    return text

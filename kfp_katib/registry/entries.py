# SPDX-License-Identifier: Apache-2.0
"""What a registry holds of a model: the registered model, a version of it, and where the version's files lie.

Each is looked for before it is created, and again before a creation without an answer is repeated: a step
that was killed anywhere is completed by the next one, and two at once make one entry.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfp_katib.errors import InputError, ServiceError
from kfp_katib.registry.connection import Connection, Document

Property = str | int | float | bool

_INT = re.compile(r"-?([1-9][0-9]{0,8}|0)")  # the OpenAPI document's own pattern of an int_value
_ARTIFACT = "model-artifact"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """The pipeline run that made a model; what is not known is empty."""

    id: str = ""
    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to stand in the registry.

    Attributes:
        model: The registered model's name.
        version: The version's name.
        address: Where its files lie.
        author: The owner of a new model, and the author of the version.
        format: What the files are, such as `onnx`.
        run: Where it comes from.
        properties: What else is told about the version.
    """

    model: str
    version: str
    address: str
    author: str = ""
    format: str = ""
    run: Run = Run()
    properties: Mapping[str, Property] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Resource:
    """One thing in the registry: where it is created, found by its name, and listed, and what it says."""

    created: str
    listed: str
    body: Document
    found: str = ""
    query: Mapping[str, str] = field(default_factory=dict)

    def matches(self, other: Document) -> bool:
        """Whether something in the registry is this: of its name, or whatever a model artifact is called."""
        if not self.found:
            return other.get("artifactType") == _ARTIFACT
        return bool(other.get("name") == self.body["name"])


def register(connection: Connection, entry: Entry) -> str:
    """Have an entry in the registry, whatever of it is there already, and return the registered model's id.

    Raises:
        InputError: The model is archived; a name is too much like another; or the version is there with
            another address, or half, for another model.
        ServiceError: The registry refuses, or does not answer.
    """
    model = _ensured(connection, _model(entry))
    if model.get("state") == "ARCHIVED":
        raise InputError(
            f"The registered model {entry.model!r} is archived: a version of it would be seen by nobody. "
            "Restore it in the registry, or give another name."
        )
    model_id = _id(model)
    wanted = _version(entry, model_id)
    version = _ensured(connection, wanted)
    files = _model_artifact(entry, version)
    _refuse_half_of_another(connection, version, wanted, files)
    artifact = _ensured(connection, files)
    if artifact.get("uri") != entry.address:
        raise InputError(
            f"Version {entry.version!r} of the registered model {entry.model!r} is there already, at "
            f"{artifact.get('uri')!r} instead of {entry.address!r}. Nothing was changed: give another "
            "version."
        )
    _log.info("version %r of model %r is registered: %s", entry.version, entry.model, entry.address)
    return model_id


def _refuse_half_of_another(
    connection: Connection, version: Document, wanted: _Resource, files: _Resource
) -> None:
    """A version without files is completed only if it tells of this model: else it would tell of another."""
    theirs = version.get("customProperties") or {}
    ours = wanted.body.get("customProperties") or {}
    other = [name for name in ours if theirs.get(name) != ours[name]]
    if other and not connection.patiently(lambda: _listed(connection, files)):
        raise InputError(
            f"Version {version.get('name')!r} is there already, without files, and its {other[0]!r} is "
            f"{_shown(theirs.get(other[0]))} instead of {_shown(ours[other[0]])}: it was made for another "
            "model. Nothing was changed: give another version."
        )


def as_property(value: Property) -> dict[str, Property]:
    """A value in the registry's own form; a number that it cannot hold as such becomes text.

    Its integers have nine digits at most, and JSON has no infinity. Of a text, it refuses null characters and
    changes what is not Unicode.
    """
    if isinstance(value, bool):
        return {"metadataType": "MetadataBoolValue", "bool_value": value}
    if isinstance(value, int) and _INT.fullmatch(str(value)):
        return {"metadataType": "MetadataIntValue", "int_value": str(value)}
    if isinstance(value, float) and math.isfinite(value):
        return {"metadataType": "MetadataDoubleValue", "double_value": value}
    text = str(value).encode("utf-8", "replace").decode().replace("\0", "")
    return {"metadataType": "MetadataStringValue", "string_value": text}


def _model(entry: Entry) -> _Resource:
    return _Resource(
        "registered_models",
        "registered_models",
        _said(name=entry.model, owner=entry.author, state="LIVE"),
        "registered_model",
        {"name": entry.model},
    )


def _version(entry: Entry, model_id: str) -> _Resource:
    properties = {name: as_property(value) for name, value in entry.properties.items()}
    return _Resource(
        "model_versions",
        f"registered_models/{model_id}/versions",
        _said(
            name=entry.version,
            registeredModelId=model_id,
            author=entry.author,
            state="LIVE",
            customProperties=properties,
        ),
        "model_version",
        {"name": entry.version, "parentResourceId": model_id},
    )


def _model_artifact(entry: Entry, version: Document) -> _Resource:
    """The files; called like the model, since that is the name by which the registry's own client asks."""
    path = f"model_versions/{_id(version)}/artifacts"
    source = _said(
        modelSourceKind="pipelines",
        modelSourceClass="pipelinerun",
        modelSourceGroup=entry.run.namespace,
        modelSourceId=entry.run.id,
        modelSourceName=entry.run.name,
    )
    body = _said(
        artifactType=_ARTIFACT,
        name=entry.model,
        uri=entry.address,
        state="LIVE",
        modelFormatName=entry.format,
    )
    return _Resource(path, path, {**body, **source})


def _said(**fields: Any) -> dict[str, Any]:
    """What has a value: the registry's pages show an empty text as a label."""
    return {name: value for name, value in fields.items() if value}


def _ensured(connection: Connection, resource: _Resource) -> Document:
    """What the registry holds of it, created where it was not there."""

    def find_or_create() -> Document:
        if there := _find(connection, resource):
            return there
        try:
            return connection.post(resource.created, resource.body)
        except ServiceError as error:
            if error.status != 409:
                raise
            if there := _listed(connection, resource):
                return there
            raise InputError(
                f"{resource.body['name']!r} cannot be registered: the registry has another name that differs "
                "from it only in case or accents, which its database does not tell apart. Give another name."
            ) from error

    return connection.patiently(find_or_create)


def _find(connection: Connection, resource: _Resource) -> Document | None:
    """The look-up by name is quick but rough: the server compares with SQL's LIKE.

    `_` and `%` in a name stand for any letter there, and case may not count
    (https://github.com/kubeflow/hub/blob/main/internal/db/service/model_version.go); where two names fit, it
    says that there is none.
    """
    if not resource.found:
        return _listed(connection, resource)
    there = connection.get(resource.found, **resource.query)
    return there if there and resource.matches(there) else None


def _listed(connection: Connection, resource: _Resource) -> Document | None:
    return next((item for item in connection.items(resource.listed) if resource.matches(item)), None)


def _shown(prop: Document | None) -> str:
    """A property's value, as a message shows it."""
    values = [value for name, value in (prop or {}).items() if name != "metadataType"]
    return repr(values[0]) if values else "missing"


def _id(document: Document) -> str:
    if there := document.get("id"):
        return str(there)
    raise ServiceError(f"The Model Registry gave {document.get('name')!r} no id. See its log.")

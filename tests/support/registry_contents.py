# SPDX-License-Identifier: Apache-2.0
"""What a Model Registry holds, and how its REST API answers.

What it takes is checked by the classes that the registry's own client is generated from. What it finds and
refuses is as in the server's code: names compared by SQL's LIKE without regard to case, one name for one
thing, lists in pages.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
_PATH = re.compile(r"/api/model_registry/(?P<api>[^/]+)/(?P<path>.*)")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Document
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a document or a text."""

    status: int
    content: Document | str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Contents:
    """What a registry holds, in the order of its creation, and the versions of the API that it speaks."""

    apis: tuple[str, ...] = ("v1",)
    models: list[Document] = field(default_factory=list)
    versions: list[Document] = field(default_factory=list)
    artifacts: list[Document] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many models, versions and artifacts there are."""
        return len(self.models), len(self.versions), len(self.artifacts)

    def see_to(self, asked: Asked) -> Answer:
        """Do what is asked for."""
        match = _PATH.fullmatch(asked.path)
        if match and match["api"] in self.apis:
            for method, pattern, serve in ROUTES:
                if method == asked.method and (found := re.fullmatch(pattern, match["path"])):
                    return serve(self, asked, *found.groups())
        return Answer(404, "404 page not found")


def find_model(contents: Contents, asked: Asked) -> Answer:
    """A registered model by its name."""
    return _one(_like(contents.models, asked.query["name"]), "registered models")


def find_version(contents: Contents, asked: Asked) -> Answer:
    """A version by its model and its name."""
    owned = [
        item for item in contents.versions if item["registeredModelId"] == asked.query["parentResourceId"]
    ]
    return _one(_like(owned, asked.query["name"]), "model versions")


def find_artifact(contents: Contents, asked: Asked) -> Answer:
    """An artifact by its version and its name."""
    owned = [item for item in contents.artifacts if item["version"] == asked.query["parentResourceId"]]
    return _one(_like(owned, asked.query["name"]), "model artifacts")


def list_models(contents: Contents, asked: Asked) -> Answer:
    """All registered models."""
    return _page(contents.models, asked)


def list_versions(contents: Contents, asked: Asked, model: str) -> Answer:
    """The versions of a model."""
    return _page([item for item in contents.versions if item["registeredModelId"] == model], asked)


def list_artifacts(contents: Contents, asked: Asked, version: str) -> Answer:
    """The artifacts of a version."""
    return _page([item for item in contents.artifacts if item["version"] == version], asked)


def create_model(contents: Contents, asked: Asked) -> Answer:
    """A registered model."""
    from mr_openapi import RegisteredModelCreate

    return _created(contents, contents.models, asked.body, RegisteredModelCreate, ())


def create_version(contents: Contents, asked: Asked) -> Answer:
    """A version of a model."""
    from mr_openapi import ModelVersionCreate

    owner = asked.body.get("registeredModelId")
    if owner not in [item["id"] for item in contents.models]:
        return _error(404, f"no registered model found for id {owner}")
    return _created(contents, contents.versions, asked.body, ModelVersionCreate, ("registeredModelId",))


def create_artifact(contents: Contents, asked: Asked, version: str) -> Answer:
    """An artifact of a version."""
    from mr_openapi import ModelArtifact

    if version not in [item["id"] for item in contents.versions]:
        return _error(404, f"no model version found for id {version}")
    return _created(contents, contents.artifacts, asked.body, ModelArtifact, ("version",), version=version)


ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "registered_model", find_model),
    ("GET", "model_version", find_version),
    ("GET", "model_artifact", find_artifact),
    ("GET", "registered_models", list_models),
    ("GET", r"registered_models/(\d+)/versions", list_versions),
    ("GET", r"model_versions/(\d+)/artifacts", list_artifacts),
    ("POST", "registered_models", create_model),
    ("POST", "model_versions", create_version),
    ("POST", r"model_versions/(\d+)/artifacts", create_artifact),
)


def _created(
    contents: Contents, among: list[Document], body: Document, kind: Any, unique: tuple[str, ...], **more: str
) -> Answer:
    known = {known.alias or name for name, known in kind.model_fields.items()}
    if unknown := body.keys() - known:
        return _error(400, f"json: unknown field {min(unknown)!r}")
    try:
        kind.from_dict(body)
    except ValueError as error:
        return _error(400, str(error))
    new = {"customProperties": {}, **body, **more}
    if any(_same(item, new, unique) for item in among):
        return _error(409, f"{new['name']} already exists: conflict")
    now = str(int(time.time() * 1000))
    new |= {
        "id": str(sum(contents.counts) + 1),
        "createTimeSinceEpoch": now,
        "lastUpdateTimeSinceEpoch": now,
    }
    among.append(new)
    return Answer(201, _shown(new))


def _same(item: Document, new: Document, unique: tuple[str, ...]) -> bool:
    return item["name"].casefold() == new["name"].casefold() and all(item[key] == new[key] for key in unique)


def _like(items: list[Document], name: str) -> list[Document]:
    wild = {"_": ".", "%": ".*"}
    pattern = "".join(wild.get(letter, re.escape(letter)) for letter in name)
    return [item for item in items if re.fullmatch(pattern, item["name"], re.IGNORECASE | re.DOTALL)]


def _one(items: list[Document], what: str) -> Answer:
    if len(items) == 1:
        return Answer(200, _shown(items[0]))
    return _error(404, f"{'multiple' if items else 'no'} {what} found: not found")


def _page(items: list[Document], asked: Asked) -> Answer:
    size = int(asked.query.get("pageSize", "20"))
    start = int(asked.query.get("nextPageToken") or 0)
    shown = [_shown(item) for item in items[start : start + size]]
    following = str(start + size) if start + size < len(items) else ""
    page = {"items": shown, "size": len(shown), "pageSize": size, "nextPageToken": following}
    return Answer(200, page)


def _shown(item: Document) -> Document:
    return {key: value for key, value in item.items() if key != "version"}


def _error(status: int, message: str) -> Answer:
    return Answer(status, {"code": str(status), "message": message})

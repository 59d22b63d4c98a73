# SPDX-License-Identifier: Apache-2.0
"""The registry's own Python client reads what is written here, and the other way round."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Coroutine
from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.registry.connection import Connection
from kfp_katib.registry.entries import Entry, Run, register
from tests.support.registry import Registry

ENTRY = Entry(
    model="Größe / 'par04'",
    version="search-7f",
    address="s3://bucket/release",
    author="ada",
    format="onnx",
    run=Run("run-1", "tune-s3", "physics"),
    properties={"metric": "loss", "value": 2.0, "parameter.layers": 3, "parameter.seed": 12_345_678_901},
)


@pytest.fixture
def client(registry: Registry) -> Any:
    """Model-registry's client, on the same registry."""
    from model_registry import ModelRegistry  # here, since it takes a second

    def at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(coroutine)  # its own way would change asyncio in this whole process

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ModelRegistry(registry.url, author="ada", user_token="none", async_runner=at_once)


def put(registry: Registry, entry: Entry = ENTRY) -> str:
    """Register an entry."""
    with Connection(registry.url) as connection:
        return register(connection, entry)


def test_it_reads_the_model(registry: Registry, client: Any) -> None:
    """With its owner."""
    model_id = put(registry)
    model = client.get_registered_model(ENTRY.model)
    assert (model.id, model.name, model.owner, model.state.value) == (model_id, ENTRY.model, "ada", "LIVE")


def test_it_reads_the_version_and_its_properties(registry: Registry, client: Any) -> None:
    """Whole numbers whole, what is too large for the registry's as text."""
    put(registry)
    version = client.get_model_version(ENTRY.model, "search-7f")
    assert (version.name, version.author) == ("search-7f", "ada")
    assert version.custom_properties == {**ENTRY.properties, "parameter.seed": "12345678901"}
    assert isinstance(version.custom_properties["value"], float)


def test_it_reads_where_the_files_are(registry: Registry, client: Any) -> None:
    """And which run made them."""
    put(registry)
    artifact = client.get_model_artifact(ENTRY.model, "search-7f")
    assert (artifact.uri, artifact.model_format_name) == ("s3://bucket/release", "onnx")
    assert artifact.model_source_kind == "pipelines"
    assert artifact.model_source_class == "pipelinerun"
    assert artifact.model_source_group == "physics"
    assert (artifact.model_source_id, artifact.model_source_name) == ("run-1", "tune-s3")


def test_it_lists_what_is_there(registry: Registry, client: Any) -> None:
    """Models and versions, as a user looks around."""
    put(registry)
    assert [model.name for model in client.get_registered_models()] == [ENTRY.model]
    assert [version.name for version in client.get_model_versions(ENTRY.model)] == ["search-7f"]


def register_by_client(client: Any, entry: Entry) -> Any:
    """Register the same model by the client."""
    return client.register_model(
        entry.model,
        entry.address,
        version=entry.version,
        model_format_name="onnx",
        model_format_version="1",
        metadata={"made": "by hand"},
    )


def test_what_it_has_registered_is_found(registry: Registry, client: Any) -> None:
    """Same version, same address: nothing is written. Another address is refused."""
    theirs = register_by_client(client, ENTRY)
    registry.asked.clear()
    assert (put(registry), registry.writes, registry.counts) == (theirs.id, [], (1, 1, 1))
    with pytest.raises(InputError, match="is there already, at 's3://bucket/release'"):
        put(registry, Entry(ENTRY.model, ENTRY.version, "s3://bucket/other"))


def test_its_models_get_further_versions(registry: Registry, client: Any) -> None:
    """Some registered by hand, some by a pipeline."""
    theirs = register_by_client(client, Entry(ENTRY.model, "1", "s3://bucket/1"))
    assert put(registry) == theirs.id
    assert [version.name for version in client.get_model_versions(ENTRY.model)] == ["1", "search-7f"]


def test_it_refuses_what_is_registered(registry: Registry, client: Any) -> None:
    """It sees the version, and would never overwrite it."""
    from model_registry.exceptions import StoreError

    put(registry)
    with pytest.raises(StoreError, match="already exists"):
        register_by_client(client, ENTRY)
    assert registry.counts == (1, 1, 1)

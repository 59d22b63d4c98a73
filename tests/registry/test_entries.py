# SPDX-License-Identifier: Apache-2.0
"""What a registration leaves in the registry: one model, one version, one artifact, and nothing changed."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfp_katib.errors import InputError, ServiceError
from kfp_katib.registry.connection import Connection
from kfp_katib.registry.entries import Entry, Property, Run, as_property, register
from tests.support.registry import Registry
from tests.support.registry_contents import Answer

ENTRY = Entry(
    model="par04",
    version="search-7f",
    address="s3://bucket/release",
    author="ada",
    format="onnx",
    run=Run("run-1", "tune-s3 2", "physics"),
    properties={"metric": "loss", "value": 0.33, "parameter.layers": 3, "quantised": True},
)


def put(registry: Registry, entry: Entry = ENTRY) -> str:
    """Register an entry, over a connection of its own."""
    with Connection(registry.url, waits=(0.0, 0.0)) as connection:
        return register(connection, entry)


def test_a_registration_is_three_things(registry: Registry) -> None:
    """The model with its owner, the version with its properties, the files with their run."""
    model_id = put(registry)
    (model,), (version,), (artifact,) = registry.models, registry.versions, registry.artifacts
    assert (model["id"], model["name"], model["owner"], model["state"]) == (model_id, "par04", "ada", "LIVE")
    assert (version["name"], version["author"], version["registeredModelId"]) == (
        "search-7f",
        "ada",
        model_id,
    )
    assert version["customProperties"] == {
        "metric": {"metadataType": "MetadataStringValue", "string_value": "loss"},
        "value": {"metadataType": "MetadataDoubleValue", "double_value": 0.33},
        "parameter.layers": {"metadataType": "MetadataIntValue", "int_value": "3"},
        "quantised": {"metadataType": "MetadataBoolValue", "bool_value": True},
    }
    assert (
        artifact.items()
        >= {
            "artifactType": "model-artifact",
            "uri": "s3://bucket/release",
            "modelFormatName": "onnx",
            "modelSourceKind": "pipelines",
            "modelSourceClass": "pipelinerun",
            "modelSourceGroup": "physics",
            "modelSourceId": "run-1",
            "modelSourceName": "tune-s3 2",
        }.items()
    )


def test_what_is_not_known_is_left_out(registry: Registry) -> None:
    """The registry's pages would show an empty text as a label."""
    put(registry, Entry("par04", "1", "s3://bucket/release"))
    documents = (*registry.models, *registry.versions, *registry.artifacts)
    assert [key for document in documents for key, value in document.items() if value == ""] == []


def test_a_second_registration_writes_nothing(registry: Registry) -> None:
    """A retried step returns the same ids."""
    first = put(registry)
    registry.asked.clear()
    assert (put(registry), registry.counts, registry.writes) == (first, (1, 1, 1), [])


def test_each_search_adds_a_version(registry: Registry) -> None:
    """To the model that is there; a version of the same name may stand under another model."""
    first = put(registry)
    assert put(registry, replace(ENTRY, version="search-9a", address="s3://bucket/2")) == first
    assert put(registry, replace(ENTRY, model="par05")) != first
    assert registry.counts == (2, 3, 3)


def test_the_same_version_at_another_address_is_refused(registry: Registry) -> None:
    """Both addresses are named, and the first one stays."""
    put(registry)
    message = (
        r"'search-7f' of .* 'par04' is there already, at 's3://bucket/release' instead of 's3://bucket/2'"
    )
    with pytest.raises(InputError, match=message):
        put(registry, replace(ENTRY, address="s3://bucket/2"))
    assert [artifact["uri"] for artifact in registry.artifacts] == ["s3://bucket/release"]


def test_other_files_of_a_version_are_no_models(registry: Registry) -> None:
    """A registry also holds documents, metrics and data sets of a version."""
    put(registry)
    registry.artifacts[0] |= {"artifactType": "doc-artifact", "name": "model card"}
    put(registry)
    assert [artifact["artifactType"] for artifact in registry.artifacts] == ["doc-artifact", "model-artifact"]


def test_a_version_without_files_is_completed(registry: Registry) -> None:
    """As a step leaves it that was killed in between; labels that somebody added since do not matter."""
    put(registry)
    registry.artifacts.clear()
    registry.versions[0]["customProperties"]["seen by"] = as_property("bob")
    put(registry)
    assert registry.counts == (1, 1, 1)


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        pytest.param({"value": as_property(0.5)}, "its 'value' is 0.5 instead of 0.33", id="another value"),
        pytest.param({}, "its 'metric' is missing instead of 'loss'", id="made by hand"),
    ],
)
def test_half_a_version_of_another_model_is_refused(
    registry: Registry, there: dict[str, Any], shown: str
) -> None:
    """Completed, it would tell of one model and lead to another."""
    put(registry)
    registry.artifacts.clear()
    properties = registry.versions[0]["customProperties"]
    registry.versions[0]["customProperties"] = {**properties, **there} if there else {}
    with pytest.raises(InputError, match=shown):
        put(registry)
    assert registry.counts == (1, 1, 0)


def test_an_archived_model_gets_no_version(registry: Registry) -> None:
    """Nobody would see it."""
    put(registry)
    registry.models[0]["state"] = "ARCHIVED"
    with pytest.raises(InputError, match="'par04' is archived"):
        put(registry, replace(ENTRY, version="search-9a"))
    assert registry.counts == (1, 1, 1)


@pytest.mark.parametrize("other", ["par_4", "PAR04", "p%", "par__"])
def test_names_that_the_server_cannot_tell_apart_are_told_apart(registry: Registry, other: str) -> None:
    """It compares with LIKE: `_` and `%` stand for other letters, and case does not count."""
    put(registry, replace(ENTRY, model=other, version=other))
    if other == "PAR04":
        with pytest.raises(InputError, match=r"'par04' cannot be registered: .* only in case or accents"):
            put(registry)
        return
    mine = put(registry)
    assert {model["id"]: model["name"] for model in registry.models}[mine] == "par04"
    assert put(registry, replace(ENTRY, model=other, version=other)) != mine
    assert registry.counts == (2, 2, 2)


def test_a_name_among_many_that_fit_is_found(registry: Registry) -> None:
    """Where two fit, the look-up by name says that there is none; the list has it, on whatever page."""
    for number in range(9):
        put(registry, replace(ENTRY, model=f"par{number}4"))
    registry.models += [{"id": str(1000 + n), "name": f"m{n}", "state": "LIVE"} for n in range(120)]
    mine = put(registry, replace(ENTRY, model="par_4"))
    assert put(registry, replace(ENTRY, model="par_4")) == mine
    assert len(registry.models) == 130


@pytest.mark.parametrize(
    "name", ["Größe 大", "a b", "a/b/../c", 'it\'s "so"', "a&name=b", "a:b", "100%", "a\\b", "?x#y+z", "1"]
)
def test_any_name_comes_out_as_it_went_in(registry: Registry, name: str) -> None:
    """Whatever it means in a URL or in SQL; a second registration finds it."""
    entry = replace(ENTRY, model=name, version=name)
    assert put(registry, entry) == put(registry, entry)
    assert [registry.models[0]["name"], registry.versions[0]["name"]] == [name, name]
    assert registry.counts == (1, 1, 1)


def test_two_steps_at_once_make_one_entry(registry: Registry) -> None:
    """Both look, both find nothing, both create: the one that comes second takes what the first has made."""
    first, ids = threading.Barrier(2, timeout=10), []

    class Both(Connection):
        def post(self, path: str, body: Any) -> Any:
            first.wait()
            return super().post(path, body)

    def step() -> None:
        with Both(registry.url, waits=()) as connection:
            ids.append(register(connection, ENTRY))

    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert (registry.counts, len(registry.writes)) == ((1, 1, 1), 6)


def test_an_answer_without_an_id_is_told(registry: Registry) -> None:
    """Whatever answers there, it is no registry's."""
    registry.after = lambda number: Answer(201, {"name": "par04"}) if registry.writes else None
    with pytest.raises(ServiceError, match="gave 'par04' no id"):
        put(registry)


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (3, "Int", "3"),
        (-999_999_999, "Int", "-999999999"),
        (0, "Int", "0"),
        (1_000_000_000, "String", "1000000000"),
        (2.0, "Double", 2.0),
        (float("nan"), "String", "nan"),
        (float("-inf"), "String", "-inf"),
        (True, "Bool", True),
        ("16", "String", "16"),
        ("a\0b\ud800", "String", "ab?"),
    ],
)
def test_a_value_keeps_its_type(value: Property, kind: str, told: Property) -> None:
    """A whole number of more than nine digits, and one that JSON has no word for, become text."""
    assert as_property(value) == {
        "metadataType": f"Metadata{kind}Value",
        f"{kind.lower()}_value": told,
    }


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.floats() | st.booleans()))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_properties_are_taken_and_found_again(
    registry: Registry, properties: dict[str, Property]
) -> None:
    """The registry's own classes take them, and a second registration, without files, completes the first."""
    for contents in (registry.models, registry.versions, registry.artifacts):
        contents.clear()
    entry = replace(ENTRY, properties=properties)
    put(registry, entry)
    registry.artifacts.clear()
    put(registry, entry)
    assert registry.counts == (1, 1, 1)
    assert registry.versions[0]["customProperties"].keys() == properties.keys()

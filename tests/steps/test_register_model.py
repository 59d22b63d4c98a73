# SPDX-License-Identifier: Apache-2.0
"""register_model: a model's entry in a registry, of what its metadata say, at an address that stays."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.registry import endpoint
from kfp_katib.registry.entries import as_property
from kfp_katib.steps.register_model import Run, durable, properties, register
from tests.support.registry import Registry
from tests.support.registry import registry as registry

ABOUT: dict[str, Any] = {
    "framework": "onnx",
    "experiment": "search",
    "trial": "search-7f",
    "models": "s3://bucket/models",
    "metric": "loss",
    "value": 0.25,
    "parameters": '{"lr": 0.1, "layers": 3, "optimizer": "adam"}',
    "manifest_sha256": "a" * 64,
    "image": "registry.example.org/training:1",
}


def step(there: Registry, about: dict[str, Any] = ABOUT, **arguments: Any) -> tuple[str, str]:
    """Run the step as the pipeline does."""
    usual: dict[str, Any] = {
        "name": "par04",
        "address": "s3://bucket/release",
        "registry": there.url,
        "run": Run("r1", "n"),
    }
    return register("minio://mlpipeline/v2/model", about, **usual | arguments)


def test_a_model_is_registered_with_where_it_comes_from(registry: Registry) -> None:
    """Its trial is the version; every parameter and the search's own facts are the version's properties."""
    registered = step(registry, author="ada")
    assert registered == (registry.models[0]["id"], "search-7f")
    told = registry.versions[0]["customProperties"]
    assert told == {
        "framework": as_property("onnx"),
        "experiment": as_property("search"),
        "trial": as_property("search-7f"),
        "models": as_property("s3://bucket/models"),
        "metric": as_property("loss"),
        "value": as_property(0.25),
        "parameter.lr": as_property(0.1),
        "parameter.layers": as_property(3),
        "parameter.optimizer": as_property("adam"),
        "manifest_sha256": as_property("a" * 64),
        "image": as_property("registry.example.org/training:1"),
    }
    artifact = registry.artifacts[0]
    assert (artifact["uri"], artifact["modelFormatName"]) == ("s3://bucket/release", "onnx")
    assert (registry.models[0]["owner"], registry.versions[0]["author"]) == ("ada", "ada")


def test_a_version_may_have_a_name_of_its_own(registry: Registry) -> None:
    """The trial stays among its properties."""
    assert step(registry, version="2.1")[1] == "2.1"
    assert registry.versions[0]["customProperties"]["trial"] == as_property("search-7f")


def test_the_runs_namespace_is_the_pods(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Kubernetes writes it into every pod."""
    (tmp_path / "namespace").write_text("physics")
    monkeypatch.setattr(endpoint, "SERVICE_ACCOUNT", tmp_path)
    step(registry)
    assert registry.artifacts[0]["modelSourceGroup"] == "physics"


def test_without_a_registry_the_step_is_skipped(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever else is given or missing; the log says so."""
    with caplog.at_level(logging.INFO):
        assert register("", {}, "", run=Run()) == ("", "")
    assert "no registry is given" in caplog.text


def test_a_search_without_a_model_has_nothing_to_register(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    """The registry is not even asked."""
    assert step(registry, {"model": "none"}) == ("", "")
    assert "left no model" in caplog.text
    assert registry.asked == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": ""}, r"The name to register the model under is empty\. Give one"),
        ({"name": " "}, "The name to register the model under is empty"),
        ({"name": "par04 "}, "name is 'par04 '.* without white space around"),
        ({"name": "par\n04"}, "without control characters"),
        ({"name": "par\ud80004"}, "without control characters"),
        ({"name": "x" * 241}, "Give at most 240 letters"),
        ({"version": "a\0b"}, r"version is 'a\\x00b'"),
        (
            {"about": {}},
            r"The version to register the model under is empty\. The model does not name its trial",
        ),
        ({"address": "release"}, "address is 'release', a relative path"),
        ({"registry": "http://"}, "no address of a Model Registry"),
        ({"registry": " "}, "no address of a Model Registry"),
    ],
)
def test_what_cannot_be_registered_is_refused(
    registry: Registry, arguments: dict[str, Any], message: str
) -> None:
    """In one sentence, before the registry is asked."""
    with pytest.raises(InputError, match=message) as caught:
        step(registry, **arguments)
    assert len(str(caught.value).splitlines()) == 1
    assert registry.asked == []


def test_a_registered_version_keeps_its_address(registry: Registry) -> None:
    """Run again it is done; with another address it is refused, and nothing is changed."""
    assert step(registry) == step(registry)
    with pytest.raises(InputError, match="'s3://bucket/release' instead of '/eos/project/release'"):
        step(registry, address="/eos/project/release")
    assert registry.counts == (1, 1, 1)


@pytest.mark.parametrize(
    ("address", "uri", "place"),
    [
        ("s3://bucket/release/", "", "s3://bucket/release"),
        ("minio://bucket/release", "", "s3://bucket/release"),
        ("https://host/release", "", "https://host/release"),
        ("pvc://claim/release", "", "pvc://claim/release"),
        ("/eos/project/k/release", "s3://bucket/x", "/eos/project/k/release"),
        ("file:///data/my%20release", "", "/data/my release"),
        ("", "minio://mlpipeline/v2/artifacts/model", "s3://mlpipeline/v2/artifacts/model"),
        ("", "gs://bucket/model", "gs://bucket/model"),
    ],
)
def test_a_durable_address_is_registered(address: str, uri: str, place: str) -> None:
    """promote's, which may be a path on a volume; else the artifact's own, in its store's one spelling."""
    assert durable(address, uri) == place


@pytest.mark.parametrize(
    ("address", "uri", "message"),
    [
        ("", "/tmp/outputs/model", "own address is '/tmp/outputs/model', a path that ends with this step"),
        ("", "file:///outputs/model", "a path that ends with this step. Give `release`"),
        ("", "", "own address is '', a path that ends with this step"),
        ("", "memory://x", "this step's own copy"),
        ("/minio/mlpipeline/model", "", "is '/minio/mlpipeline/model', this step's own copy"),
        ("/gcs/bucket/model", "", "this step's own copy"),
        ("./release", "", "a relative path"),
        ("s3:/bucket", "", "names no bucket"),
        ("s3://bucket/a\nb", "", "holds a control character"),
    ],
)
def test_what_ends_with_a_step_is_not_registered(address: str, uri: str, message: str) -> None:
    """A path inside a container leads nowhere the next day."""
    with pytest.raises(InputError, match=message):
        durable(address, uri)


def test_kubeflows_floats_are_told_as_what_they_are() -> None:
    """It sends whole numbers as floats: the user's become whole again, the objective's value stays one."""
    about = {"value": 2, "events": 1000, "parameters": '{"layers": 3, "lr": 1.0}'}
    told = properties(about)
    assert told == {"value": 2.0, "events": 1000, "parameter.layers": 3, "parameter.lr": 1.0}
    assert [type(value) for value in told.values()] == [float, int, int, float]


def test_what_says_nothing_is_left_out() -> None:
    """An empty text, and how Kubeflow itself reaches its store."""
    assert properties({"models": "", "store_session_info": "{}", "trial": "t"}) == {"trial": "t"}


@pytest.mark.parametrize("parameters", ["1200000", "many", "", "[1]", '{"lr"', 1_200_000])
def test_parameters_of_somebody_elses_model_stay_what_they_are(parameters: object) -> None:
    """Where they are no trial's JSON they are a fact like any other."""
    told = properties({"parameters": parameters})
    assert told == ({"parameters": parameters} if parameters else {})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(), _JSON))
def test_any_metadata_can_be_told(about: dict[str, Any]) -> None:
    """Text and numbers as they are, everything else as JSON; every one of them can be written."""
    told = properties(about)
    assert {type(value) for value in told.values()} <= {str, int, float}
    assert all(as_property(value) for value in told.values())

# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline with a registry: the model that passed stands there with where it comes from."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass

import pytest

from kfp_katib.registry.entries import as_property
from tests.pipelines.test_tune import run
from tests.support.machine import Machine, machine_in
from tests.support.registry import Registry, registry_server


@dataclass(frozen=True, slots=True)
class Registered:
    """A run whose model is registered."""

    machine: Machine
    registry: Registry


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registered]:
    """The pipeline, run once."""
    with (
        registry_server() as registry,
        machine_in(tmp_path_factory.mktemp("registered")) as machine,
        redirect_stdout(io.StringIO()),
    ):
        folder = machine.folder
        run(
            models=str(folder / "models"),
            release=str(folder / "release"),
            registry=registry.url,
            model_name="par04",
            author="ada",
        )
        yield Registered(machine, registry)


def test_the_version_is_the_best_trial(registered: Registered) -> None:
    """The step's outputs name what is in the registry."""
    best = registered.machine.parameters("launch-katib")["best_trial"]
    model = registered.registry.models[0]
    assert registered.machine.parameters("register-model") == {
        "registered_model_id": model["id"],
        "version": best,
    }
    assert (model["name"], model["owner"]) == ("par04", "ada")
    assert [version["name"] for version in registered.registry.versions] == [best]


def test_it_leads_to_the_promoted_files(registered: Registered) -> None:
    """Not to the step's own copy of them."""
    assert [artifact["uri"] for artifact in registered.registry.artifacts] == [
        registered.machine.parameters("promote")["address"]
    ]


def test_it_tells_what_the_search_found(registered: Registered) -> None:
    """Metric, value and parameters as numbers; Experiment, trial and the hash of the manifest."""
    told = registered.registry.versions[0]["customProperties"]
    about = registered.machine.metadata("launch-katib", "best_model")
    assert (
        told.items()
        >= {
            "metric": as_property("loss"),
            "value": as_property(0.0),
            "parameter.lr": as_property(0.2),
            "experiment": as_property(about["experiment"]),
            "trial": as_property(about["trial"]),
            "manifest_sha256": as_property(about["manifest_sha256"]),
        }.items()
    )


def test_it_tells_which_run_made_it(registered: Registered) -> None:
    """By its id and its name, as Kubeflow Pipelines fills them in."""
    artifact = registered.registry.artifacts[0]
    assert artifact["modelSourceName"].startswith("tune-local-")
    assert artifact["modelSourceId"]
    assert "{{" not in artifact["modelSourceId"]

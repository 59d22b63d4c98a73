# SPDX-License-Identifier: Apache-2.0
"""The shape of the pipeline for Vertex AI, as it is compiled; tests/kfp/test_vertex.py runs its search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from kfp.compiler import Compiler

pytest.importorskip(
    "google_cloud_pipeline_components",
    reason="Google's operator comes with the extra: pip install '.[vertex]'",
)

from pipelines.tune_vertex import joined, tune_vertex

JOB, UPLOAD = "hyperparameter-tuning-job", "upload-model"


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The compiled pipeline."""
    path = tmp_path_factory.mktemp("compiled") / "tune-vertex.yaml"
    Compiler().compile(tune_vertex, str(path))
    document: dict[str, Any] = next(yaml.safe_load_all(path.read_text()))
    return document


def pipelines(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of the pipeline, and of each one in it."""
    yield spec["root"]["dag"]["tasks"]
    for component in spec["components"].values():
        if "dag" in component:
            yield component["dag"]["tasks"]


def steps(spec: dict[str, Any]) -> dict[str, Any]:
    """Every step by its name."""
    return {name: step for tasks in pipelines(spec) for name, step in tasks.items()}


def own_steps(spec: dict[str, Any]) -> dict[str, Any]:
    """Those that run a container, not a pipeline."""
    containers = {name for name, each in spec["components"].items() if "executorLabel" in each}
    return {name: step for name, step in steps(spec).items() if step["componentRef"]["name"] in containers}


def arguments(spec: dict[str, Any], step: str) -> list[str]:
    """What a step's container is started with."""
    label = spec["components"][steps(spec)[step]["componentRef"]["name"]]["executorLabel"]
    found: list[str] = spec["deploymentSpec"]["executors"][label]["container"]["args"]
    return found


def producers(step: dict[str, Any]) -> set[str]:
    """The steps that one takes a parameter of."""
    given = step["inputs"]["parameters"].values()
    return {one["taskOutputParameter"]["producerTask"] for one in given if "taskOutputParameter" in one}


def test_the_steps_are_tune_pys_around_googles_operator(spec: dict[str, Any]) -> None:
    """What launch_katib does in one step takes three here; the rest is as it was."""
    assert set(own_steps(spec)) == {
        *("prepare-data", "vertex-study", JOB, "vertex-result", "vertex-result-2", "extract-best-model"),
        *("evaluate-model", "promote", "register-model", UPLOAD),
    }


def test_the_operator_gets_the_study_as_it_was_made(spec: dict[str, Any]) -> None:
    """Each input of the search is the output of vertex_study that bears its name."""
    given = steps(spec)["search"]["inputs"]["parameters"]
    taken = {
        name: one["taskOutputParameter"]["outputParameterKey"]
        for name, one in given.items()
        if "taskOutputParameter" in one
    }
    assert set(taken) == set(spec["components"]["comp-vertex-study"]["outputDefinitions"]["parameters"])
    assert all(name == output for name, output in taken.items())


@pytest.mark.parametrize("step", [JOB, UPLOAD])
def test_googles_launchers_are_started_as_any_backend_understands(spec: dict[str, Any], step: str) -> None:
    """Kubeflow Pipelines puts no parts together, and fills a default into no text: every input is given."""
    words = " ".join(arguments(spec, step))
    assert "Concat" not in words
    assert "IfPresent" not in words
    placed = set(re.findall(r"inputs\.parameters\['(\w+)'\]", words))
    assert placed == set(steps(spec)[step]["inputs"]["parameters"])


def test_only_an_argument_of_parts_is_joined() -> None:
    """Whatever else is one text already, whatever it looks like."""
    assert joined("""{"Concat": ["{\\"a\\": ", "{{$.inputs.parameters['a']}}", "}"]}""") == (
        """{"a": {{$.inputs.parameters['a']}}}"""
    )
    assert joined("--payload") == "--payload"
    assert joined('{"IfPresent": {}}') == '{"IfPresent": {}}'


def test_a_failed_job_leaves_evidence(spec: dict[str, Any]) -> None:
    """One step runs after the operator whatever became of it, and takes nothing of it."""
    evidence = steps(spec)["vertex-result-2"]
    assert evidence["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert evidence["dependentTasks"] == [JOB]
    assert producers(evidence) == set()
    assert not any("vertex-result-2" in step.get("dependentTasks", []) for step in steps(spec).values())


def test_only_a_job_that_went_well_is_handed_on(spec: dict[str, Any]) -> None:
    """The step whose best model goes on needs the operator's success, and the job that it names."""
    result = steps(spec)["vertex-result"]
    assert "triggerPolicy" not in result
    assert producers(result) == {JOB}
    produced = spec["components"]["comp-search"]["dag"]["outputs"]["artifacts"].values()
    assert {one["producerSubtask"] for each in produced for one in each["artifactSelectors"]} == {
        "vertex-result"
    }


def test_no_second_job_is_paid_for(spec: dict[str, Any]) -> None:
    """A retried operator would not find the job that its lost pod started."""
    assert not any("retryPolicy" in step for step in steps(spec).values())


def test_what_changes_the_world_never_comes_from_the_cache(spec: dict[str, Any]) -> None:
    """A job, its result of today, pruning, a release, an entry in a registry."""
    cached = {
        name for name, step in own_steps(spec).items() if step["cachingOptions"].get("enableCache", False)
    }
    assert cached == {"prepare-data", "vertex-study", "evaluate-model"}


def test_a_model_is_uploaded_only_where_an_image_serves_it(spec: dict[str, Any]) -> None:
    """And only one that passed, from the address that it was promoted to."""
    (guarded,) = (tasks for tasks in pipelines(spec) if UPLOAD in tasks)
    assert set(guarded) == {UPLOAD}
    (condition,) = (
        step["triggerPolicy"]["condition"]
        for step in steps(spec).values()
        if step.get("taskInfo", {}).get("name") == "serving-image"
    )
    assert condition.endswith("serving_image'] != ''")
    address = steps(spec)[UPLOAD]["inputs"]["parameters"]["address"]
    assert address == {"componentInputParameter": "pipelinechannel--promote-address"}

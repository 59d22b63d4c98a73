# SPDX-License-Identifier: Apache-2.0
"""Where in a pipeline a search may stand: passes of a loop, nested pipelines, another namespace."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from tests.kfp import own
from tests.kfp.backend import DEPLOY, Backend, Run, verdict, wait_for
from tests.kfp.searches import ENDLESS, shell
from tests.kfp.test_interrupted import kill

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(600)]
INJECTION = {"katib.kubeflow.org/metrics-collector-injection": "enabled"}
PYTHON = "localhost/python:3.11"


def on_the_nodes(manifest: str, *, namespace: str = "") -> str:
    """A search whose trials need no image of ours, in a namespace of its manifest's choice."""
    document = yaml.safe_load(manifest.replace("${pipeline.image}", PYTHON))
    if namespace:
        document["metadata"]["namespace"] = namespace
    return yaml.safe_dump(document)


def test_every_place_in_a_pipeline_has_a_search_of_its_own(backend: Backend, tmp_path: Path) -> None:
    """One manifest in passes of loops and in nested pipelines, whether the pipeline names the step or not."""
    one = on_the_nodes(shell("sleep 3; echo loss=${trialParameters.lr}", maxTrialCount=1))
    run = backend.run(own.places(backend.build, tmp_path / "places.yaml"), experiment=one)
    assert run.finished() == "SUCCEEDED"
    found = run.experiments()
    assert len(found) == 6
    assert all("Succeeded" in verdict(each) for each in found)
    steps = {each["metadata"].get("annotations", {}).get("kfp-katib/task", "") for each in found}
    assert len([step for step in steps if "iterations(" in step]) == 4
    labels = {each["metadata"]["labels"]["kfp-katib/task"] for each in found}
    assert {"inner.launch-katib", "inner-2.launch-katib"} <= labels


@pytest.fixture
def elsewhere(backend: Backend) -> Iterator[str]:
    """Another namespace, in which the pipeline's account has the rights of deploy/rbac and no others."""
    name = f"kfp-katib-test-{secrets.token_hex(3)}"
    backend.core.create_namespace({"metadata": {"name": name, "labels": INJECTION}})
    role, binding = yaml.safe_load_all((DEPLOY / "rbac/profile/rbac.yaml").read_text())
    account = {"kind": "ServiceAccount", "name": "pipeline-runner", "namespace": backend.namespace}
    rights = client.RbacAuthorizationV1Api()
    rights.create_namespaced_role(name, role)
    rights.create_namespaced_role_binding(name, {**binding, "subjects": [account]})
    yield name
    backend.core.delete_namespace(name)


def searching_in(place: str, backend: Backend, package: Path, **arguments: str) -> Run:
    """A run whose search is in another namespace, once a trial of it runs."""
    run = replace(backend.run(package, **arguments), namespace=place)
    run.searching()
    return run


def test_a_search_in_its_manifests_namespace_is_ended_with_a_killed_step(
    backend: Backend, elsewhere: str, tmp_path: Path
) -> None:
    """A process that is killed fails its step for good, if lost pods alone are retried: clean_up remains."""
    package = own.with_exit_task(backend.build, tmp_path / "own.yaml")
    run = searching_in(elsewhere, backend, package, experiment=on_the_nodes(ENDLESS, namespace=elsewhere))
    (found,) = run.experiments()
    kill(run)
    assert run.finished() == "FAILED"
    assert len(run.steps()["launch-katib"]) == 1
    assert run.experiments() == []
    assert f"ended what Experiment {found['metadata']['name']} had left running" in run.log("clean-up")


def test_a_terminated_run_ends_its_search_in_another_namespace(
    backend: Backend, elsewhere: str, tmp_path: Path
) -> None:
    """By the step's own last request, which looks for the Workflow beside its pod."""
    package = own.with_exit_task(backend.build, tmp_path / "own.yaml")
    run = searching_in(elsewhere, backend, package, experiment=on_the_nodes(ENDLESS), namespace=elsewhere)
    backend.pipelines.terminate_run(run.id)
    seconds = wait_for(lambda: not run.experiments(), 120, "the end of the Experiment")
    print(f"run {run.id}: Experiment gone after {seconds:.1f} s")
    assert seconds <= 10 + 10
    assert run.finished() == "FAILED"
    assert "Error:" not in run.log("clean-up")  # it has looked there, and found nothing left

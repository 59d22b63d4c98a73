# SPDX-License-Identifier: Apache-2.0
"""A Kubeflow Pipelines installation, and the questions that these tests ask about one run."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes import client

from tests.places import ROOT

DEPLOY = ROOT / "deploy"
KATIB = ("kubeflow.org", "v1beta1")
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")


@dataclass(frozen=True, slots=True)
class Backend:
    """One installation.

    Attributes:
        pipelines: kfp.Client.
        core: Kubernetes' own API.
        objects: Katib's.
        store: An fsspec file system of the installation's S3 store.
        namespace: Where runs and Experiments live.
        build: The folder with the compiled pipelines.
    """

    pipelines: Any
    core: client.CoreV1Api
    objects: client.CustomObjectsApi
    store: Any
    namespace: str
    build: Path

    def run(self, package: str | Path, **arguments: Any) -> Run:
        """Start a compiled pipeline."""
        path = self.build / package
        started = self.pipelines.create_run_from_pipeline_package(str(path), arguments=arguments)
        return Run.of(self, started.run_id)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline: `started` is the clock when it was created.

    Its Experiments are in `namespace`, which is the installation's own where it is empty.
    """

    backend: Backend
    id: str
    started: float
    namespace: str = ""

    @classmethod
    def of(cls, backend: Backend, run_id: str) -> Run:
        """The run that was just started under an id."""
        return cls(backend, run_id, time.monotonic())

    @property
    def state(self) -> str:
        """What Kubeflow Pipelines says about it."""
        return str(self.backend.pipelines.get_run(self.id).state)

    def finished(self, *, seconds: float = 600) -> str:
        """Wait for the end and give the state."""
        wait_for(lambda: self.state in ENDED, seconds, f"the end of run {self.id}")
        print(f"run {self.id}: {self.state} after {time.monotonic() - self.started:.0f} s")
        return self.state

    def steps(self) -> dict[str, list[str]]:
        """The steps that ran, each with its pods. A step that came from the cache has none."""
        found: dict[str, list[str]] = {}
        for pod in self._pods():
            node = (pod.metadata.annotations or {}).get("workflows.argoproj.io/node-name", "")
            if step := re.search(r"([\w-]+)(\(\d+\))?\.executor(\(\d+\))?$", node):
                found.setdefault(step[1], []).append(pod.metadata.name)
        return found

    def reached(self, step: str) -> bool:
        """Whether a step was started or taken from the cache."""
        nodes = [
            (pod.metadata.annotations or {}).get("workflows.argoproj.io/node-name", "")
            for pod in self._pods()
        ]
        return any(re.search(rf"\b{step}-driver(\(\d+\))?$", node) for node in nodes)

    def log(self, step: str) -> str:
        """What the last pod of a step printed."""
        pod = self.steps()[step][-1]
        text = self.backend.core.read_namespaced_pod_log(pod, self.backend.namespace, container="main")
        return str(text)

    def handed(self, step: str) -> dict[str, Any]:
        """The input artifacts that the installation handed to a step, by name."""
        start = self.log(step).partition("Got executor_input:\n")[2]
        document, _ = json.JSONDecoder().raw_decode(start)
        artifacts = document["inputs"]["artifacts"]
        return {name: given["artifacts"][0] for name, given in artifacts.items()}

    def experiments(self) -> list[dict[str, Any]]:
        """The Experiments that carry this run's label."""
        namespace = self.namespace or self.backend.namespace
        found = self.backend.objects.list_namespaced_custom_object(
            *KATIB, namespace, "experiments", label_selector=f"kfp-katib/run-id={self.id}"
        )
        items: list[dict[str, Any]] = found["items"]
        return items

    def trials(self, experiment: str) -> list[dict[str, Any]]:
        """An Experiment's trials."""
        found = self.backend.objects.list_namespaced_custom_object(
            *KATIB,
            self.backend.namespace,
            "trials",
            label_selector=f"katib.kubeflow.org/experiment={experiment}",
        )
        items: list[dict[str, Any]] = found["items"]
        return items

    def searching(self, *, seconds: float = 180) -> dict[str, Any]:
        """Wait until a trial runs and give the Experiment."""

        def runs() -> bool:
            return any((found.get("status") or {}).get("trialsRunning") for found in self.experiments())

        wait_for(runs, seconds, f"a running trial of run {self.id}")
        return self.experiments()[0]

    def artifacts(self, step: str) -> dict[str, str]:
        """Name and address of what a step left in the store."""
        store, root = self.backend.store, f"mlpipeline/v2/artifacts/*/{self.id}/{step}/*/*"
        return {path.rpartition("/")[2]: path for path in store.glob(root)}

    def _pods(self) -> list[Any]:
        pods = self.backend.core.list_namespaced_pod(
            self.backend.namespace, label_selector=f"pipeline/runid={self.id}"
        )
        return sorted(pods.items, key=lambda pod: pod.metadata.creation_timestamp)


def wait_for(holds: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until something holds, and give the seconds that it took."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"gave up waiting for {what} after {seconds} s")
        time.sleep(0.5)
    return time.monotonic() - started


def verdict(experiment: Mapping[str, Any]) -> set[str]:
    """The conditions of an Experiment that hold."""
    conditions = (experiment.get("status") or {}).get("conditions") or []
    return {entry["type"] for entry in conditions if entry["status"] == "True"}

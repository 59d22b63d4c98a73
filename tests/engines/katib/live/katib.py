# SPDX-License-Identifier: Apache-2.0
"""The few questions that these tests ask of a real Katib, with nothing of ours in between."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from kfp_katib.experiment.model import Manifest

GROUP, VERSION = "kubeflow.org", "v1beta1"
SEARCHES = frozenset({"random", "tpe", "multivariate-tpe", "grid", "bayesianoptimization", "cmaes", "sobol"})
ONLY_KATIBS = frozenset({"hyperband", "enas", "darts", "pbt"})
SHIPPED_ALGORITHMS = SEARCHES | ONLY_KATIBS
SHIPPED_COLLECTORS = frozenset({"StdOut", "File", "TensorFlowEvent"})
"""What Katib's own configuration offers; a cluster may offer less."""


class Refused(Exception):
    """An admission webhook, or the API server before it, said no; the message is its own."""


@dataclass(frozen=True, slots=True)
class Katib:
    """The Experiments of one namespace.

    Attributes:
        namespace: Where they live; it carries the label that Katib's webhook asks for.
        image: An image with a shell and `python3` that the nodes can run.
        services: The images of its suggestion services, by algorithm.
        collectors: The collectors that it has an image for.
        early_stopping: The early-stopping algorithms that it has a service for.
    """

    namespace: str
    image: str
    services: Mapping[str, str]
    collectors: frozenset[str]
    early_stopping: frozenset[str]

    def lacks(self, manifest: Mapping[str, Any]) -> str:
        """What a manifest asks for that this Katib is not configured to give; empty where it has all."""
        spec = manifest.get("spec") or {}
        asked = {
            "the algorithm": _name(spec, "algorithm", "algorithmName")
            & SHIPPED_ALGORITHMS - set(self.services),
            "the collector": _name(spec, "metricsCollectorSpec", "collector", "kind")
            & SHIPPED_COLLECTORS - self.collectors,
            "early stopping by": _name(spec, "earlyStopping", "algorithmName")
            & {"medianstop"} - self.early_stopping,
        }
        return ", ".join(f"{what} {name}" for what, names in asked.items() for name in names)

    def at_home(self, manifest: Manifest) -> Manifest:
        """The manifest with this namespace wherever it names one."""
        source = manifest["spec"].get("trialTemplate", {}).get("configMap")
        if source and source.get("configMapNamespace"):
            source["configMapNamespace"] = self.namespace
        return manifest

    def admit(self, manifest: Mapping[str, Any]) -> Manifest:
        """What Katib would store for a manifest, by a server-side dry run through both of its webhooks."""
        return self._create(manifest, dry_run="All")

    def refusal(self, manifest: Mapping[str, Any]) -> str:
        """Why Katib refuses a manifest; empty where it accepts it."""
        try:
            self.admit(manifest)
        except Refused as refused:
            return str(refused)
        return ""

    def job_refusal(self, job: Mapping[str, Any]) -> str:
        """Why Kubernetes refuses a Job; empty where it accepts it."""
        try:
            client.BatchV1Api().create_namespaced_job(self.namespace, job, dry_run="All")
        except client.ApiException as error:
            return _message(error)
        return ""

    @contextmanager
    def running(self, manifest: Mapping[str, Any]) -> Iterator[str]:
        """Create an Experiment for real and give its name; it is deleted afterwards."""
        name = self._create(manifest)["metadata"]["name"]
        try:
            yield name
        finally:
            _objects().delete_namespaced_custom_object(GROUP, VERSION, self.namespace, "experiments", name)

    def finished(self, name: str, *, seconds: float = 180) -> Manifest:
        """Wait for an Experiment's verdict and give its status."""
        deadline = time.monotonic() + seconds
        status: Manifest = {}
        while time.monotonic() < deadline:
            status = self._get("experiments", name).get("status", {})
            if verdict(status):
                return status
            time.sleep(0.5)
        raise TimeoutError(f"Experiment '{name}' has no verdict after {seconds} s; its status is {status}")

    def trials(self, experiment: str) -> list[Manifest]:
        """The Experiment's trials."""
        found = _objects().list_namespaced_custom_object(
            GROUP,
            VERSION,
            self.namespace,
            "trials",
            label_selector=f"katib.kubeflow.org/experiment={experiment}",
        )
        trials: list[Manifest] = found["items"]
        return trials

    def _get(self, plural: str, name: str) -> Manifest:
        found: Manifest = _objects().get_namespaced_custom_object(
            GROUP, VERSION, self.namespace, plural, name
        )
        return found

    def _create(self, manifest: Mapping[str, Any], **options: str) -> Manifest:
        body = copy.deepcopy(dict(manifest))
        if isinstance(body.get("metadata"), dict):
            body["metadata"]["namespace"] = self.namespace
        try:
            created: Manifest = _objects().create_namespaced_custom_object(
                GROUP, VERSION, self.namespace, "experiments", body, **options
            )
        except client.ApiException as error:
            raise Refused(_message(error)) from error
        return created


def verdict(status: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Type, reason and message of the condition that ends an Experiment; None while it runs."""
    for condition in status.get("conditions", []):
        if condition["type"] in ("Succeeded", "Failed") and condition["status"] == "True":
            return condition["type"], condition["reason"], condition["message"]
    return None


def _name(part: Any, *steps: str) -> frozenset[str]:
    """The one name at the end of the steps; empty where a step or the name is missing."""
    for step in steps:
        part = part.get(step) if isinstance(part, dict) else None
    return frozenset({part}) if isinstance(part, str) else frozenset()


def _objects() -> client.CustomObjectsApi:
    return client.CustomObjectsApi()


def _message(error: client.ApiException) -> str:
    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}: {error.body}"

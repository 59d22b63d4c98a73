# SPDX-License-Identifier: Apache-2.0
"""TrainJobs for a cluster that has none, so that OptimizerClient can wait for trials that are plain Jobs.

OptimizerClient takes every trial for a TrainJob of the trial's name, and reads that, its runtime and its pods
at every poll. Without them it fails at once: `RuntimeError: Failed to list Trials in namespace`. The proxy
answers the first two; the API server answers the rest, the list of pods included.
"""

from __future__ import annotations

from typing import Any

_GROUP = "trainer.kubeflow.org"
_ANCESTOR = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
_FRAMEWORK = {"trainer.kubeflow.org/framework": "torch"}


def stand_in(path: str) -> dict[str, Any] | None:
    """The object at one of Trainer's paths; None for any other path."""
    parts = path.strip("/").split("/")
    if _GROUP not in parts or "namespaces" not in parts:
        return None
    namespace, plural, name = parts[parts.index("namespaces") + 1 :]
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z"}
    kind, spec = _OF[plural]
    return {
        "apiVersion": f"{_GROUP}/v1alpha1",
        "kind": kind,
        "metadata": metadata | {"labels": _FRAMEWORK},
        "spec": spec,
    }


_POD = {"spec": {"containers": [{"name": "node", "image": "trial"}]}}
_JOB = {"name": "node", "template": {"metadata": {"labels": _ANCESTOR}, "spec": {"template": _POD}}}
_OF: dict[str, tuple[str, dict[str, Any]]] = {
    "trainjobs": ("TrainJob", {"runtimeRef": {"name": "stand-in"}}),
    "trainingruntimes": (
        "TrainingRuntime",
        {"mlPolicy": {"numNodes": 1, "torch": {}}, "template": {"spec": {"replicatedJobs": [_JOB]}}},
    ),
}

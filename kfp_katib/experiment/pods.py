# SPDX-License-Identifier: Apache-2.0
"""Where the pod templates lie in the kinds of trial that Katib's shipped configuration can run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ISTIO_LABEL = "sidecar.istio.io/inject"
JOB = ("batch/v1", "Job")
"""A Kubernetes Job's apiVersion and kind; other groups have kinds of the same name."""
TRAINING_API_VERSION = "kubeflow.org/v1"

REPLICAS: Mapping[str, str] = {
    "TFJob": "tfReplicaSpecs",
    "PyTorchJob": "pytorchReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
}
"""The jobs of Kubeflow's training operator, and the field of each that maps roles to pod templates."""


def is_job(trial_spec: Mapping[str, Any]) -> bool:
    """Whether a trial is a Kubernetes Job, and none of another group's kinds that have the same name."""
    return (trial_spec.get("apiVersion"), trial_spec.get("kind")) == JOB


def keeps_istio_out(pod: Mapping[str, Any]) -> bool:
    """Whether a pod template keeps Istio's sidecar out, by the label or, as before it, by an annotation."""
    return istio_word(pod) == "false"


def istio_word(pod: Mapping[str, Any]) -> str:
    """What a pod template says of Istio's sidecar, empty where it is silent; the label counts first."""
    metadata = pod.get("metadata")
    for field in ("labels", "annotations"):
        named = metadata.get(field) if isinstance(metadata, Mapping) else None
        word = named.get(ISTIO_LABEL) if isinstance(named, Mapping) else None
        if word is not None:
            return str(word)
    return ""


def pod_templates(trial_spec: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod templates of a Job or of a training operator's job, with their paths; none for other kinds."""
    kind, spec = trial_spec.get("kind"), trial_spec.get("spec")
    if not isinstance(spec, Mapping):
        return
    if is_job(trial_spec):
        owners = {"spec": spec}
    else:
        known = trial_spec.get("apiVersion") == TRAINING_API_VERSION
        field = REPLICAS.get(str(kind), "") if known else ""
        replicas = spec.get(field)
        owners = (
            {f"spec.{field}.{role}": owner for role, owner in replicas.items()}
            if isinstance(replicas, Mapping)
            else {}
        )
    for path, owner in owners.items():
        template = owner.get("template") if isinstance(owner, Mapping) else None
        if isinstance(template, dict):
            yield f"{path}.template", template

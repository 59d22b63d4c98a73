# SPDX-License-Identifier: Apache-2.0
"""Where the pod templates lie in the kinds of trial that Katib's shipped configuration can run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ISTIO_LABEL = "sidecar.istio.io/inject"

REPLICAS: Mapping[str, str] = {
    "TFJob": "tfReplicaSpecs",
    "PyTorchJob": "pytorchReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
}
"""The jobs of Kubeflow's training operator, and the field of each that maps roles to pod templates."""


def pod_templates(trial_spec: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod templates of a Job or of a training operator's job, with their paths; none for other kinds."""
    kind, spec = trial_spec.get("kind"), trial_spec.get("spec")
    if not isinstance(spec, Mapping):
        return
    if kind == "Job":
        owners = {"spec": spec}
    else:
        field = REPLICAS.get(str(kind), "")
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

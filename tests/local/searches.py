# SPDX-License-Identifier: Apache-2.0
"""Small searches for these tests: an Experiment around one shell script, changed where a test needs it."""

from __future__ import annotations

from typing import Any

from kfp_katib.experiment import Experiment, load
from kfp_katib.experiment.model import Manifest

LR = {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9", "step": "0.1"}}
LOSS = {"type": "minimize", "objectiveMetricName": "loss"}


def manifest(
    script: str, *, container: dict[str, Any] | None = None, name: str = "tune", **spec: Any
) -> Manifest:
    """A grid search over lr (0.1, 0.2 ... 0.9) whose trials run `sh -c SCRIPT`, one at a time, three in all.

    Args:
        script: Shell; `${trialParameters.lr}` and `${trialParameters.trial}` are there to be used.
        container: Fields of the container to set beside or instead of the usual ones; None takes one away.
        name: The Experiment's name.
        spec: Fields of `spec` to set beside or instead of the usual ones; None takes a field away.
    """
    command = {"name": "training", "image": "none", "command": ["sh", "-c", script]}
    pod = {
        "restartPolicy": "Never",
        "containers": [{k: v for k, v in (command | (container or {})).items() if v is not None}],
    }
    template = {
        "primaryContainerName": "training",
        "trialParameters": [
            {"name": "lr", "reference": "lr"},
            {"name": "trial", "reference": "${trialSpec.Name}"},
        ],
        "trialSpec": {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "spec": {"backoffLimit": 0, "template": {"spec": pod}},
        },
    }
    used = str(template["trialSpec"])
    template["trialParameters"] = [
        each
        for each in template["trialParameters"]
        if isinstance(each, dict) and f"${{trialParameters.{each['name']}}}" in used
    ]
    usual = {
        "objective": LOSS,
        "algorithm": {"algorithmName": "grid"},
        "parallelTrialCount": 1,
        "maxTrialCount": 3,
        "parameters": [LR],
        "trialTemplate": template,
    }
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": {key: value for key, value in (usual | spec).items() if value is not None},
    }


def search(script: str, **changes: Any) -> Experiment:
    """That manifest as an Experiment."""
    return load(manifest(script, **changes))


def collector(kind: str, path: str = "", **more: Any) -> dict[str, Any]:
    """A metricsCollectorSpec."""
    where = {"path": path, "kind": "Directory" if kind == "TensorFlowEvent" else "File", **more}
    filters = {"filter": {"metricsFormat": where.pop("filters")}} if "filters" in where else {}
    return {"collector": {"kind": kind}, "source": {"fileSystemPath": where, **filters}}

# SPDX-License-Identifier: Apache-2.0
"""The usual valid manifest, its parts, and how to change one field of it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

Manifest = dict[str, Any]

ABSENT = object()
"""As a value in `changed`: the field is taken out."""

POD = "spec.trialTemplate.trialSpec.spec.template"
CONTAINER = f"{POD}.spec.containers[0]"


def double(name: str, low: str, high: str, **space: Any) -> Manifest:
    """A search parameter of type double."""
    return {
        "name": name,
        "parameterType": "double",
        "feasibleSpace": {"min": low, "max": high, **space},
    }


def trial_parameter(name: str, reference: str | None = None) -> Manifest:
    """A trialParameter that refers to the search parameter of its own name, or to the reference."""
    return {"name": name, "reference": reference or name}


def setting(name: str, value: str) -> Manifest:
    """A setting of an algorithm."""
    return {"name": name, "value": value}


def pod(*args: str, name: str = "training") -> Manifest:
    """A pod template whose container runs train.py with the arguments."""
    command = ["python3", "train.py", *args]
    container = {"name": name, "image": "example.org/training:1", "command": command}
    return {
        "metadata": {"labels": {"sidecar.istio.io/inject": "false"}},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }


def job(*args: str) -> Manifest:
    """A Kubernetes Job that runs train.py with the arguments."""
    return {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": pod(*args)}}


def random() -> Manifest:
    """The usual case: a random search over three kinds of parameters, each trial a Job."""
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": "my-search", "namespace": "user"},
        "spec": {
            "parallelTrialCount": 2,
            "maxTrialCount": 8,
            "maxFailedTrialCount": 3,
            "objective": {
                "type": "minimize",
                "goal": 0.05,
                "objectiveMetricName": "loss",
                "additionalMetricNames": ["accuracy"],
            },
            "algorithm": {"algorithmName": "random", "algorithmSettings": [setting("random_state", "7")]},
            "parameters": [
                double("lr", "0.001", "0.1", distribution="logUniform"),
                {
                    "name": "units",
                    "parameterType": "int",
                    "feasibleSpace": {"min": "16", "max": "64", "step": "16"},
                },
                {
                    "name": "optimizer",
                    "parameterType": "categorical",
                    "feasibleSpace": {"list": ["sgd", "adam"]},
                },
            ],
            "trialTemplate": {
                "primaryContainerName": "training",
                "trialParameters": [trial_parameter(name) for name in ("lr", "units", "optimizer")],
                "trialSpec": job(
                    "--lr=${trialParameters.lr}",
                    "--units=${trialParameters.units}",
                    "--optimizer=${trialParameters.optimizer}",
                ),
            },
        },
    }


def changed(manifest: Manifest, changes: Mapping[str, Any]) -> Manifest:
    """The manifest with fields set, parents made where they are missing; `ABSENT` takes a field out.

    Args:
        manifest: Changed in place, and returned.
        changes: Values by path, such as `spec.parameters[0].name`.
    """
    for path, value in changes.items():
        parts = [step for step in re.split(r"[.\[\]]+", path) if step]
        steps: list[str | int] = [int(step) if step.isdigit() else step for step in parts]
        owner: Any = manifest
        for step in steps[:-1]:
            owner = owner[step] if isinstance(step, int) else owner.setdefault(step, {})
        if value is ABSENT:
            del owner[steps[-1]]
        elif isinstance(owner, list) and steps[-1] == len(owner):
            owner.append(copy.deepcopy(value))
        else:
            owner[steps[-1]] = copy.deepcopy(value)
    return manifest

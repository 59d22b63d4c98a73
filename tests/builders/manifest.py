# SPDX-License-Identifier: Apache-2.0
"""Manifests that run: the Experiment around a trial's container, and how to change one field of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from kfp_katib.experiment.model import Manifest
from tests.places import MINE

MODEL = "${pipeline.models}/${pipeline.experiment}/${trialParameters.trial}"
TRAIN = ("python3", str(MINE), "--lr", "${trialParameters.lr}", "--data", "${pipeline.dataset}")
"""A trial's command that trains the model of tests/mine.py."""

LOSS = {"type": "minimize", "objectiveMetricName": "loss"}
POD = "spec.trialTemplate.trialSpec.spec.template"
CONTAINER = f"{POD}.spec.containers[0]"

ABSENT = object()
"""As a value in `changed`: the field is taken out."""


def double(name: str, low: str, high: str, **space: Any) -> Manifest:
    """A search parameter of type double; `space` has `step` or `distribution`."""
    return {"name": name, "parameterType": "double", "feasibleSpace": {"min": low, "max": high, **space}}


def grid(low: str, high: str, step: str) -> Manifest:
    """The search parameter lr, on a lattice."""
    return double("lr", low, high, step=step)


def job(container: Mapping[str, Any], **pod: Any) -> Manifest:
    """A Job whose pod has one container, `training`, and other fields beside it."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "training", **container}], **pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": template}}


def experiment(
    trial: Manifest, *, name: str, parameters: Sequence[Manifest], retain: bool = False, **spec: Any
) -> Manifest:
    """An Experiment with what Katib's own fields must say around a trial.

    Args:
        trial: The Job. A trialParameter is declared for each placeholder in it that names a search
            parameter, and for `trial`, the trial's own name.
        name: The Experiment's name.
        parameters: The search parameters.
        retain: Whether Katib keeps the Jobs.
        spec: Fields of `spec` beside or instead of the usual ones; None takes a field away.
    """
    references = {each["name"]: each["name"] for each in parameters} | {"trial": "${trialSpec.Name}"}
    used = [each for each in references if f"${{trialParameters.{each}}}" in json.dumps(trial)]
    usual = {
        "objective": dict(LOSS),
        "algorithm": {"algorithmName": "random"},
        "parallelTrialCount": 1,
        "maxTrialCount": 3,
        "parameters": list(parameters),
        "trialTemplate": {
            "primaryContainerName": "training",
            "trialParameters": [{"name": each, "reference": references[each]} for each in used],
            "trialSpec": trial,
            **({"retain": True} if retain else {}),
        },
    }
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": {key: value for key, value in (usual | spec).items() if value is not None},
    }


def manifest(*command: str, name: str = "shell-tuning", **spec: Any) -> str:
    """A manifest as text whose trials run a command, two of the three at a time.

    Args:
        command: The container's command; `${trialParameters.lr}` and `.trial` are there to be used.
        name: The Experiment's name.
        spec: Fields of `spec` to set beside or instead of the usual ones.
    """
    usual: dict[str, Any] = {
        "algorithm": {"algorithmName": "grid"},
        "parallelTrialCount": 2,
        "maxFailedTrialCount": 1,
        "parameters": [grid("0.1", "0.3", "0.1")],
    }
    document = experiment(
        job({"image": "${pipeline.image}", "command": list(command)}),
        name=name,
        **(usual | spec),
    )
    text: str = yaml.safe_dump(document, sort_keys=False)
    return text


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

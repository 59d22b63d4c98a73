# SPDX-License-Identifier: Apache-2.0
"""Manifests for tests of what stands around the engines: small searches with a script of their own."""

from __future__ import annotations

from typing import Any

import yaml

MODEL = "${pipeline.models}/${pipeline.experiment}/${trialParameters.trial}"


def manifest(*command: str, name: str = "shell-tuning", **spec: Any) -> str:
    """A manifest as text whose trials run a command.

    Args:
        command: The container's command; `${trialParameters.lr}` and `.trial` are there to be used.
        name: The Experiment's name.
        spec: Fields of `spec` to set beside or instead of the usual ones.
    """
    container = {"name": "training", "image": "${pipeline.image}", "command": list(command)}
    pod = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    references = {"lr": "lr", "trial": "${trialSpec.Name}"}
    used = [name for name in references if f"${{trialParameters.{name}}}" in " ".join(command)]
    template = {
        "primaryContainerName": "training",
        "trialParameters": [{"name": name, "reference": references[name]} for name in used],
        "trialSpec": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": pod}},
    }
    usual = {
        "objective": {"type": "minimize", "objectiveMetricName": "loss"},
        "algorithm": {"algorithmName": "grid"},
        "parallelTrialCount": 2,
        "maxTrialCount": 3,
        "maxFailedTrialCount": 1,
        "parameters": [
            {
                "name": "lr",
                "parameterType": "double",
                "feasibleSpace": {"min": "0.1", "max": "0.3", "step": "0.1"},
            }
        ],
        "trialTemplate": template,
    }
    document = {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": usual | spec,
    }
    text: str = yaml.safe_dump(document, sort_keys=False)
    return text

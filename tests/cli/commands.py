# SPDX-License-Identifier: Apache-2.0
"""Manifests and calls that the tests of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from kfp_katib.cli import main

SCRIPT = """\
echo training with $1
case $1 in fail) echo boom >&2; exit 3;; quit) exit 0;; hang) sleep 60;; esac
echo loss=$1
"""
"""Somebody's training: three lines of shell that print a loss, or do not."""


def manifest(*kinds: str, **spec: Any) -> dict[str, Any]:
    """An Experiment with one trial for each kind of behaviour, one after the other."""
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": "shell", "namespace": "kubeflow"},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": "grid"},
            "parallelTrialCount": 1,
            "maxTrialCount": len(kinds),
            "maxFailedTrialCount": len(kinds),
            "parameters": [
                {"name": "kind", "parameterType": "categorical", "feasibleSpace": {"list": list(kinds)}}
            ],
            "trialTemplate": {
                "primaryContainerName": "training",
                "trialParameters": [{"name": "kind", "reference": "kind"}],
                "trialSpec": job("sh", "train.sh", "${trialParameters.kind}"),
            },
            **spec,
        },
    }


def job(*command: str) -> dict[str, Any]:
    """A Job that runs one command."""
    container = {"name": "training", "image": "example.test/training:1", "command": list(command)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {
            "backoffLimit": 0,
            "template": {
                "metadata": {"labels": {"sidecar.istio.io/inject": "false"}},
                "spec": {"restartPolicy": "Never", "containers": [container]},
            },
        },
    }


def write(folder: Path, content: dict[str, Any]) -> str:
    """A manifest's file, beside the training script; its path."""
    (folder / "train.sh").write_text(SCRIPT)
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


def call(*arguments: str, stdin: str | None = None) -> Result:
    """`kfp-katib` with these arguments; stdout and stderr are kept apart."""
    return CliRunner().invoke(main, list(arguments), input=stdin, catch_exceptions=False)

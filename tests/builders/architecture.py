# SPDX-License-Identifier: Apache-2.0
"""Searches for neural architectures that run: the manifests, and trials that read their arguments as Katib's.

Katib's trial images turn `'` back to `"` and read JSON; what they then train is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import job

_READ = """\
import argparse, json
parser = argparse.ArgumentParser()
for name in {names!r}:
    parser.add_argument(f"--{{name}}", required=True)
given = {{name: json.loads(text.replace("'", '"')) for name, text in vars(parser.parse_args()).items()}}
"""
_DARTS = _READ.format(names=("algorithm-settings", "search-space", "num-layers")) + (
    'count = int(given["algorithm_settings"]["num_nodes"]) * given["num_layers"]\n'
    "print(f\"Best-Genotype=Genotype(normal={given['search_space'][-1:] * count})\")\n"
)
_ENAS = _READ.format(names=("architecture", "nn_config")) + (
    'known = given["nn_config"]["embedding"]\n'
    'sizes = [known[str(layer[0])]["opt_params"]["size"] for layer in given["architecture"]]\n'
    'print(f"Validation-Accuracy={sum(map(int, sizes)) / 100}")\n'
)


def darts(folder: Path, *, name: str = "cells", **spec: Any) -> Manifest:
    """Three trials of darts, one after the other, each with the same genotype as its objective."""
    arguments = {"algorithm-settings": "settings", "search-space": "space", "num-layers": "layers"}
    operations = [
        {"operationType": "max_pooling", "parameters": [_listed("filter_size", "3", "5")]},
        {"operationType": "skip_connection"},
    ]
    own = {
        "objective": {"type": "maximize", "objectiveMetricName": "Best-Genotype"},
        "metricsCollectorSpec": {
            "collector": {"kind": "StdOut"},
            "source": {"filter": {"metricsFormat": [r"([\w-]+)=(Genotype.*)"]}},
        },
        "algorithm": {
            "algorithmName": "darts",
            "algorithmSettings": [{"name": "num_nodes", "value": "2"}],
        },
        "nasConfig": {"graphConfig": {"numLayers": 1}, "operations": operations},
    }
    return _manifest(folder, _DARTS, arguments, name, own | spec)


def enas(folder: Path, *, name: str = "chains", **spec: Any) -> Manifest:
    """Three trials of enas, one after the other, whose objective follows from their operations."""
    arguments = {"architecture": "layers", "nn_config": "config"}
    own = {
        "objective": {"type": "maximize", "objectiveMetricName": "Validation-Accuracy"},
        "algorithm": {"algorithmName": "enas"},
        "nasConfig": {
            "graphConfig": {"numLayers": 3, "inputSizes": [32, 32, 3], "outputSizes": [10]},
            "operations": [
                {"operationType": "convolution", "parameters": [_listed("size", "3", "5", "7")]},
                {"operationType": "pooling", "parameters": [_whole("size", "2", "4")]},
            ],
        },
    }
    return _manifest(folder, _ENAS, arguments, name, own | spec)


def _listed(name: str, *texts: str) -> Manifest:
    return {"name": name, "parameterType": "categorical", "feasibleSpace": {"list": list(texts)}}


def _whole(name: str, low: str, high: str) -> Manifest:
    return {"name": name, "parameterType": "int", "feasibleSpace": {"min": low, "max": high, "step": "1"}}


def _manifest(
    folder: Path, script: str, arguments: dict[str, str], name: str, own: dict[str, Any]
) -> Manifest:
    """The Experiment, with its trials' script beside it; each argument in the quotes that a shell removes."""
    train = folder / f"train_{own['algorithm']['algorithmName']}.py"
    train.write_text(script)
    words = [f'--{flag}="${{trialParameters.{each}}}"' for flag, each in arguments.items()]
    trial = job({"image": "none", "command": ["python3", str(train), *words]})
    trial["spec"]["template"]["metadata"] = {"labels": {"sidecar.istio.io/inject": "false"}}
    template = {
        "primaryContainerName": "training",
        "trialParameters": [{"name": each, "reference": flag} for flag, each in arguments.items()],
        "trialSpec": trial,
    }
    spec = {"parallelTrialCount": 1, "maxTrialCount": 3, "maxFailedTrialCount": 1, "trialTemplate": template}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": spec | own,
    }

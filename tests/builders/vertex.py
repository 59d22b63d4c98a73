# SPDX-License-Identifier: Apache-2.0
"""Experiments that Vertex AI can run, but for what a test changes in their manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kfp_katib.experiment import Experiment, load
from kfp_katib.experiment.model import Manifest
from tests.builders import manifest as build

LR = build.double("lr", "0.1", "0.5")


def on_vertex(
    changes: Mapping[str, Any] | None = None, *, parameters: Sequence[Manifest] = (LR,), **spec: Any
) -> Experiment:
    """A random search over lr whose trials run `python train.py` with an argument for each parameter.

    Args:
        changes: Fields of the manifest by path, as in `manifest.changed`.
        parameters: The search parameters.
        spec: Fields of `spec` beside or instead of the usual ones; None takes a field away.
    """
    arguments = [f"--{each['name']}=${{trialParameters.{each['name']}}}" for each in parameters]
    trial = build.job({"image": "train:1", "command": ["python", "train.py", *arguments]})
    made = build.experiment(trial, name="tune", parameters=parameters, **({"maxFailedTrialCount": 2} | spec))
    return load(build.changed(made, changes or {}))

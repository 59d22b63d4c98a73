# SPDX-License-Identifier: Apache-2.0
"""The example itself on a real Katib: `training/experiment.yaml`, rendered, trains and leaves its model."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from kfp_katib import load, override, render
from kfp_katib.storage import read_checkpoint, verify
from tests.engines.katib.live.katib import Katib, verdict
from tests.places import ROOT
from training.prepare import prepare

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

MOUNTED = "/shared"
"""Where the trials see the folder; below the folder's own name the image's user may not be allowed."""
MANIFEST = ROOT / "training" / "experiment.yaml"


def test_the_example_trains_on_katib(katib: Katib, training_image: str, volume: Path) -> None:
    """Two trials succeed, and the best one's folder holds a whole model of the epoch that Katib compared."""
    prepare("", volume / "data", geometries="SiW", energies="64", angles="90", showers=1600, mesh="18x16x9")
    rendered = render(
        override(load(MANIFEST), max_trials=2),
        dataset=f"{MOUNTED}/data",
        models=f"{MOUNTED}/models",
        image=training_image,
        name=f"training-{secrets.token_hex(4)}",
        trial_pod={
            "volumes": [{"name": "shared", "hostPath": {"path": str(volume)}}],
            "volumeMounts": [{"name": "shared", "mountPath": MOUNTED}],
            "imagePullPolicy": "IfNotPresent",
        },
    )
    with katib.running(rendered.manifest) as name:
        status = katib.finished(name, seconds=600)

    seen = verdict(status)
    assert seen is not None
    assert seen[:2] == ("Succeeded", "ExperimentMaxTrialsReached")
    assert status["trialsSucceeded"] == 2
    best = status["currentOptimalTrial"]
    checkpoint = read_checkpoint(volume / "models" / name / best["bestTrialName"])
    verify(checkpoint)
    metrics = {metric["name"]: metric for metric in best["observation"]["metrics"]}
    assert checkpoint.metrics["physics_distance"] == float(metrics["physics_distance"]["min"])

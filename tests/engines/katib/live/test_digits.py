# SPDX-License-Identifier: Apache-2.0
"""The example for one's own on a real Katib: `examples/digits/experiment.yaml`, rendered, finds a model.

The folder's files are mounted where its image has them, which tests/images/test_own_image.py builds. So any
image with scikit-learn, joblib and fsspec will do: here, that of the other example.
"""

from __future__ import annotations

import runpy
import secrets
import shutil
from pathlib import Path

import pytest

from kfp_katib import load, override, render
from kfp_katib.storage import read_checkpoint, verify
from tests.engines.katib.live.katib import Katib, verdict
from tests.places import ROOT

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

EXAMPLE = ROOT / "examples" / "digits"
APP, MOUNTED = "/app", "/shared"
"""Where the image has the script, and where the trials see data and models."""


@pytest.fixture
def with_script(volume: Path) -> Path:
    """The folder with the data and the script."""
    (volume / "app").mkdir()
    for path in EXAMPLE.glob("*.py"):
        shutil.copy(path, volume / "app")
    runpy.run_path(str(EXAMPLE / "steps.py"))["prepare"]("", volume / "data")
    return volume


def test_the_digits_are_learned_on_katib(katib: Katib, training_image: str, with_script: Path) -> None:
    """Two trials succeed, and the best one's folder holds a whole model, as accurate as Katib saw it."""
    rendered = render(
        override(load(EXAMPLE / "experiment.yaml"), max_trials=2),
        dataset=f"{MOUNTED}/data",
        models=f"{MOUNTED}/models",
        image=training_image,
        name=f"digits-{secrets.token_hex(4)}",
        trial_pod={
            "volumes": [
                {"name": "shared", "hostPath": {"path": str(with_script)}},
                {"name": "app", "hostPath": {"path": str(with_script / "app")}},
            ],
            "volumeMounts": [
                {"name": "shared", "mountPath": MOUNTED},
                {"name": "app", "mountPath": APP},
            ],
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
    checkpoint = read_checkpoint(with_script / "models" / name / best["bestTrialName"])
    verify(checkpoint)
    metrics = {metric["name"]: metric for metric in best["observation"]["metrics"]}
    assert checkpoint.metrics["accuracy"] == float(metrics["accuracy"]["max"]) > 0.5

# SPDX-License-Identifier: Apache-2.0
"""The example for one's own on a real Katib: `examples/digits/experiment.yaml`, rendered, finds a model.

The folder's files are mounted where its image has them, which tests/images/test_own_image.py builds. So any
image with scikit-learn, joblib and fsspec will do: here, that of the other example.
"""

from __future__ import annotations

import os
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
def image() -> str:
    """An image that has what the script imports, and starts commands in /app."""
    if "KFP_KATIB_TEST_TRAINING_IMAGE" not in os.environ:
        pytest.skip("needs KFP_KATIB_TEST_TRAINING_IMAGE, an image with scikit-learn, joblib and fsspec")
    return os.environ["KFP_KATIB_TEST_TRAINING_IMAGE"]


@pytest.fixture
def shared() -> Path:
    """A fresh folder with the data and the script, at the same path here and on the nodes."""
    if "KFP_KATIB_TEST_VOLUME" not in os.environ:
        pytest.skip("needs KFP_KATIB_TEST_VOLUME, a folder that the nodes see under the same path")
    folder = Path(os.environ["KFP_KATIB_TEST_VOLUME"]) / f"digits-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    (folder / "app").mkdir()
    for path in EXAMPLE.glob("*.py"):
        shutil.copy(path, folder / "app")
    runpy.run_path(str(EXAMPLE / "steps.py"))["prepare"]("", folder / "data")
    return folder


def test_the_digits_are_learned_on_katib(katib: Katib, image: str, shared: Path) -> None:
    """Two trials succeed, and the best one's folder holds a whole model, as accurate as Katib saw it."""
    rendered = render(
        override(load(EXAMPLE / "experiment.yaml"), max_trials=2),
        dataset=f"{MOUNTED}/data",
        models=f"{MOUNTED}/models",
        image=image,
        name=f"digits-{secrets.token_hex(4)}",
        trial_pod={
            "volumes": [
                {"name": "shared", "hostPath": {"path": str(shared)}},
                {"name": "app", "hostPath": {"path": str(shared / "app")}},
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
    checkpoint = read_checkpoint(shared / "models" / name / best["bestTrialName"])
    verify(checkpoint)
    metrics = {metric["name"]: metric for metric in best["observation"]["metrics"]}
    assert checkpoint.metrics["accuracy"] == float(metrics["accuracy"]["max"]) > 0.5

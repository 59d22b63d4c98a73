# SPDX-License-Identifier: Apache-2.0
"""Step 5, in a pipeline: with functions of one's own, and with none.

The searches here are shorter than the page's, which tests/training/own/test_manifest.py runs to its end.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from kfp_katib.storage import read_checkpoint, verify
from tests.training.own.page import REGISTRY, command, step, succeeds


@pytest.fixture
def folder(folder: Path) -> Path:
    """A reader's folder with a search of two trials."""
    manifest = folder / "digits.yaml"
    manifest.write_text(manifest.read_text().replace("maxTrialCount: 6", "maxTrialCount: 2"))
    return folder


def test_the_whole_pipeline_runs_with_functions_of_ones_own(folder: Path) -> None:
    """From the data to a promoted model, judged on images that no trial saw."""
    printed = succeeds(command(5, "python -m pipelines.run_local"), folder)
    assert "Best trial: digits-" in printed
    with np.load(folder / "outputs" / "release" / "digits.npz") as promoted:
        assert [array.shape for array in promoted.values()] == [(64, 32), (32, 10), (32,), (10,)]
    page = (folder / "outputs" / "evaluation.html").read_text()
    accuracy = re.search(r'<th scope="row">accuracy</th><td title="([\d.]+)">', page)
    assert accuracy
    assert float(accuracy[1]) > 0.9


def test_the_compiled_pipelines_have_the_image_and_the_parameters_of_the_page(folder: Path) -> None:
    """What a run is told in the dashboard exists there; a storage's own trial_pod is a default."""
    succeeds(command(5, "python -m compile"), folder)
    spec, *_ = yaml.safe_load_all((folder / "build" / "tune-s3.yaml").read_text())
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    for name in ("experiment", "prepare", "export", "evaluate", "trial_pod", "image"):
        assert name in parameters
        assert f"`{name}`" in step(5) or name == "image"
    assert parameters["trial_pod"]["defaultValue"]["env"]
    assert parameters["image"]["defaultValue"] == f"{REGISTRY}/you/digits:1"
    images = {step["container"]["image"] for step in spec["deploymentSpec"]["executors"].values()}
    assert images == {f"{REGISTRY}/you/digits:1", f"{REGISTRY}/you/kfp-katib-runtime:0.2.0"}


def test_the_search_alone_needs_no_function(folder: Path) -> None:
    """Its step delivers the winner's files as the trial wrote them."""
    printed = succeeds(command(5, "python search.py"), folder)
    found = re.search(r"best accuracy ([\d.]+)", printed)
    (delivered,) = (folder / "local_outputs").rglob("best_model/model.json")
    checkpoint = read_checkpoint(delivered.parent)
    verify(checkpoint)
    assert found
    assert checkpoint.metrics["accuracy"] == float(found[1])
    assert [file.name for file in checkpoint.files] == ["digits.joblib"]

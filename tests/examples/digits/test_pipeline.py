# SPDX-License-Identifier: Apache-2.0
"""Step 5, in a pipeline: compiled for a cluster, and one of one's own without functions.

The search here is shorter than the page's, which tests/examples/digits/test_readme.py runs to its end.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from kfp_katib.storage import read_checkpoint, verify
from tests.examples.digits.page import REGISTRY, command, step, succeeds


@pytest.fixture
def folder(folder: Path) -> Path:
    """A reader's folder with a search of two trials."""
    manifest = folder / "experiment.yaml"
    manifest.write_text(manifest.read_text().replace("maxTrialCount: 6", "maxTrialCount: 2"))
    return folder


def test_the_compiled_pipelines_have_the_image_and_the_parameters_of_the_page(folder: Path) -> None:
    """What a run is told in the dashboard exists there; a storage's own trial_pod is a default."""
    succeeds(command("python -m compile"), folder)
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
    printed = succeeds(command("python search.py"), folder)
    found = re.search(r"best accuracy ([\d.]+)", printed)
    (delivered,) = (folder / "local_outputs").rglob("best_model/model.json")
    checkpoint = read_checkpoint(delivered.parent)
    verify(checkpoint)
    assert found
    assert checkpoint.metrics["accuracy"] == float(found[1])
    assert [file.name for file in checkpoint.files] == ["digits.joblib"]

# SPDX-License-Identifier: Apache-2.0
"""The pipeline under kfp.local.DockerRunner: every step in its own image, no cluster.

That runner calls a failed step a success, so everything here is read from what the steps left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from kfp import local
from kfp.local.config import LocalExecutionConfig

from pipelines.platforms import LOCAL
from pipelines.tune import tune
from tests.images.docker import NETWORK, Image
from tests.kfp.searches import DATA, EXAMPLE, SHORT
from tests.support.machine import Machine

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]


@pytest.fixture
def machine(images: dict[str, Image], tmp_path: Path) -> Iterator[Machine]:
    """A folder that all containers see; they run as whoever runs the tests, to be allowed to write there."""
    assert images
    user = f"{os.getuid()}:0"
    local.init(local.DockerRunner(network_mode=NETWORK, user=user), pipeline_root=str(tmp_path / "outputs"))
    yield Machine(tmp_path)
    LocalExecutionConfig.instance = None


def test_the_pipeline_runs_in_its_images(machine: Machine) -> None:
    """From the data to the release, with the example's own training."""
    shared = machine.folder / "outputs"
    places = {"models": str(shared / "models"), "release": str(shared / "release")}
    tune(LOCAL)(experiment=EXAMPLE, options=DATA, overrides=SHORT, **places)
    best = machine.parameters("launch-katib")
    left = [path.name for path in (shared / "models" / best["experiment_name"]).iterdir()]
    assert left == [best["best_trial"]]
    assert machine.metadata("extract-best-model", "model")["framework"] == "onnx"
    assert machine.parameters("evaluate-model") == {"passed": True}
    assert machine.parameters("promote") == {"address": str(shared / "release")}
    assert (shared / "release" / "Generator.onnx").stat().st_size > 0
    assert machine.parameters("clean-up") == {"ended": 0}

# SPDX-License-Identifier: Apache-2.0
"""The two images, built once."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from components import RUNTIME_IMAGE, TRAINING_IMAGE
from tests.images.docker import Image, docker
from tests.places import ROOT


@pytest.fixture(scope="session")
def images() -> dict[str, Image]:
    """The runtime and the training image, as `make image` builds them."""
    if not shutil.which("docker") or docker("version").returncode:
        pytest.skip("needs a Docker that runs")
    built = subprocess.run(["make", "image"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return {"runtime": Image(RUNTIME_IMAGE), "training": Image(TRAINING_IMAGE)}


@pytest.fixture(params=["runtime", "training"])
def image(request: pytest.FixtureRequest, images: dict[str, Image]) -> Image:
    """Each of them."""
    return images[request.param]

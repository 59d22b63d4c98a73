# SPDX-License-Identifier: Apache-2.0
"""The two images, built once, and what is asked of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components import RUNTIME_IMAGE, TRAINING_IMAGE
from tests.compiling import ROOT

NETWORK = os.environ.get("KFP_KATIB_TEST_DOCKER_NETWORK", "host")


@dataclass(frozen=True, slots=True)
class Image:
    """One image in Docker."""

    name: str

    def run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in it, in its own working folder or in one of this machine."""
        mount = ["-v", f"{folder}:/work", "-w", "/work"] if folder else []
        return docker("run", "--rm", "--network", NETWORK, *mount, self.name, *command)

    def about(self) -> dict[str, Any]:
        """What Docker knows about it."""
        found: dict[str, Any] = json.loads(docker("image", "inspect", self.name).stdout)[0]
        return found


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Docker's own command."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


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

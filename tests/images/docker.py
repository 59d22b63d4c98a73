# SPDX-License-Identifier: Apache-2.0
"""Docker's own command, and what is asked of an image."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NETWORK = os.environ.get("KFP_KATIB_TEST_DOCKER_NETWORK", "host")
MOUNT = "/mnt/folder"
"""Where a container sees a folder of this machine."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image in Docker."""

    name: str

    def run(
        self, *command: str, folder: Path | None = None, options: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it, in its own working folder or in one of this machine; with Docker's options."""
        mount = ["-v", f"{folder}:{MOUNT}", "-w", MOUNT] if folder else []
        network = [] if "--network" in options else ["--network", NETWORK]
        return docker("run", "--rm", *network, *options, *mount, self.name, *command)

    def about(self) -> dict[str, Any]:
        """What Docker knows about it."""
        found: dict[str, Any] = json.loads(docker("image", "inspect", self.name).stdout)[0]
        return found


def build(dockerfile: Path, name: str) -> None:
    """Build an image that the tests need, by the settings of `make image`."""
    base = os.environ.get("BASE_IMAGE")
    options = [*shlex.split(os.environ.get("DOCKER_BUILD_ARGS", "")), "-f", str(dockerfile), "-t", name]
    options += ["--build-arg", f"BASE_IMAGE={base}"] if base else []
    built = docker("build", *options, str(dockerfile.parent))
    assert built.returncode == 0, built.stdout + built.stderr


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Docker's own command."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)

# SPDX-License-Identifier: Apache-2.0
"""A checkout on a later day, and what installs there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installation.future import Known, described, index, installed, relocked
from tests.places import ROOT
from tests.support.environments import bare, environment, packages

PIPS = ("pip-oldest", "pip-newest")


@dataclass(frozen=True)
class Checkout:
    """The project in a folder, with packages that its installers find instead of any index.

    Attributes:
        root: The checkout, in a folder with a space in its name.
        wheels: What there is to install.
    """

    root: Path
    wheels: Path

    def lock(self, name: str, known: Known) -> None:
        """Let a lock name the packages of `wheels`, which are made for it."""
        text = (ROOT / name).read_text()
        hashes = index(described(text, known), self.wheels)
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(relocked(text, hashes))

    def offline(self, **more: str) -> dict[str, str]:
        """The environment in which pip and uv see these packages and no index."""
        page = str(self.wheels / "index.html")
        # No settings of the machine's: an index of its own would be asked as well.
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": page, "PIP_CONFIG_FILE": "/dev/null"}
        uv = {
            "UV_OFFLINE": "1",
            "UV_FIND_LINKS": str(self.wheels),
            "UV_CACHE_DIR": str(self.wheels / "cache"),
        }
        return bare(**pip | uv | more)

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run something there."""
        environment = self.offline(**more)
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def venv(self, name: str, pip: str) -> Path:
        """An environment that has one of our pips, and nothing else."""
        place = self.root / name
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
        for part in packages(environment(pip)).glob("pip*"):
            shutil.copytree(part, packages(place) / part.name)
        return place


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """What an installation reads of the project."""
    root, wheels = tmp_path / "my work" / "kfp-katib", tmp_path / "wheels"
    root.mkdir(parents=True)
    wheels.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "components", "kfp_katib"):
        (root / name).symlink_to(ROOT / name)
    for name in ("setup.sh", "Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, root / name)
    return Checkout(root, wheels)


@pytest.fixture(scope="session")
def known() -> Known:
    """The requirements of what is installed in this environment and in the older kfp's."""
    return installed() | installed(packages(environment("kfp-2.13")))

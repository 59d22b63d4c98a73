# SPDX-License-Identifier: Apache-2.0
"""Environments beside this one, each made once from its lock in locks/, and what a process inherits."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from tests.places import ROOT


def environment(name: str) -> Path:
    """Make `.venv-NAME` as `make test` does, whoever asks first, for the Python of these tests."""
    place = ROOT / f".venv-{name}"
    place.mkdir(exist_ok=True)
    with (place / ".tests-lock").open("w") as lock:  # uv locks `.lock` itself, and would wait for us
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _stands(place):
            (place / ".ready").unlink(missing_ok=True)
        command = ["make", f"PYTHON={sys.executable}", f".venv-{name}/.ready"]
        made = subprocess.run(command, cwd=ROOT, env=bare(), capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
    return place


def packages(place: Path) -> Path:
    """Where an environment keeps what is installed."""
    return place / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def bare(**more: str) -> dict[str, str]:
    """This process's environment without what a make around it hands on."""
    inherited = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHON", "INSTALLER")
    return {key: value for key, value in os.environ.items() if key not in inherited} | more


def untraced_environment() -> dict[str, str]:
    """This process's environment, for one in which coverage is not to start."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def _stands(place: Path) -> bool:
    return packages(place).is_dir()

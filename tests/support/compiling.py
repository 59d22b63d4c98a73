# SPDX-License-Identifier: Apache-2.0
"""Runs compile.py as a user does, under one Python or another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.places import ROOT


def compile_into(
    folder: Path, *options: str, python: str | Path = sys.executable, **environment: str
) -> dict[str, str]:
    """Run compile.py and read what it wrote, by name."""
    run_compile(folder, *options, python=python, **environment)
    return read(folder)


def run_compile(
    folder: Path, *options: str, python: str | Path = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run compile.py to its end, and give what it printed."""
    unset = {key: value for key, value in os.environ.items() if not key.startswith("KFP_KATIB_")}
    command = [str(python), str(ROOT / "compile.py"), "--output", str(folder), *options]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT, env=unset | environment
    )


def read(folder: Path) -> dict[str, str]:
    """The YAML files below a folder, by their name relative to it."""
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.yaml"))}

# SPDX-License-Identifier: Apache-2.0
"""Environments that these tests make: each has one module of its own, and one of them has this program."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path

from tests.places import ROOT
from tests.support.environments import packages, untraced_environment

SYSTEM = os.pathsep.join(("/usr/bin", "/bin"))
"""Where the shell's own programs are."""


def environment(place: Path, *modules: str) -> Path:
    """A virtual environment with modules of these names, and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    for name in modules:
        (packages(place) / f"{name}.py").write_text(f"prefix = {str(place)!r}\n")
    return place


def with_kfp_katib(place: Path) -> Path:
    """An environment as pipx makes one: it has this program and what that needs, and is never activated."""
    environment(place)
    paths = (str(ROOT), *site.getsitepackages())
    (packages(place) / "tool.pth").write_text("\n".join(paths))
    return place


def only(folder: Path, **programs: Path) -> Path:
    """A folder with links to programs, under names of its own."""
    folder.mkdir(parents=True)
    for name, program in programs.items():
        (folder / name).symlink_to(program)
    return folder


def tool(python: Path, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `kfp-katib` by that interpreter, with no variables of this environment but these."""
    kept = {key: value for key, value in untraced_environment().items() if key in ("HOME", "TMPDIR", "LANG")}
    return subprocess.run(
        [python, "-m", "kfp_katib", *arguments],
        cwd=cwd,
        env={**kept, "PATH": SYSTEM, **variables},
        capture_output=True,
        text=True,
        check=False,
    )

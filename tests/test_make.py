# SPDX-License-Identifier: Apache-2.0
"""`make run`, as the README shows it, in a fresh copy of the project."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the project consists of, with this environment in place of its own."""
    for entry in ROOT.iterdir():
        if entry.name.startswith(".") or entry.name in ("build", "runs", "local_outputs", "tests"):
            continue
        copy = shutil.copytree if entry.is_dir() else shutil.copy2
        copy(entry, tmp_path / entry.name)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


@pytest.mark.timeout(420)
def test_make_run_ends_with_the_best_trial_the_report_and_the_model(checkout: Path) -> None:
    """The whole pipeline runs, and its last lines say where everything is."""
    as_it_is = ("--old-file", ".venv/.ready")  # it is the environment of these very tests
    done = subprocess.run(
        ["make", *as_it_is, "run"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ending = done.stdout.splitlines()[-8:]
    parts = [line.split(":", 1) for line in ending if ":" in line]
    found = {key.strip().lower(): text.strip() for key, text in parts}
    assert found["best trial"].startswith("par04-vae-")
    assert Path(found["report"]).read_text().startswith("<!doctype html>")
    assert (Path(found["model"]) / "Generator.onnx").stat().st_size > 0

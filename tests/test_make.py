# SPDX-License-Identifier: Apache-2.0
"""`make run`, as the README shows it, in a fresh copy of the project; and what the other targets promise."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from components._image import DEFAULTS
from tests.places import ROOT
from tests.support.environments import bare


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


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A folder with a `docker` that only says what it was asked for."""
    program = tmp_path / "docker"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    return tmp_path


def made(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run make with that folder first on its path, and no image named in the environment."""
    environment = {**bare(), "PATH": f"{path}:{os.environ['PATH']}"}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_images_are_built_and_pushed_under_the_names_that_the_pipelines_get(docker: Path) -> None:
    """For one registry: what is compiled is what a cluster finds there."""
    names = [f"registry.example.org/you/{name}" for name in DEFAULTS]
    registry = "REGISTRY=registry.example.org/you"
    built = made("image", registry, path=docker).stdout
    assert re.findall(r"^build .* -t (\S+) \.$", built, re.MULTILINE) == names
    assert f"RUNTIME_IMAGE={names[0]}" in built
    pushed = made("push", registry, path=docker).stdout
    assert re.findall(r"^push (\S+)$", pushed, re.MULTILINE) == names
    assert (
        "KFP_KATIB_REGISTRY=registry.example.org/you" in made("-n", "compile", registry, path=docker).stdout
    )


def test_a_push_without_a_registry_pushes_nothing(docker: Path) -> None:
    """Docker would take the name for one of Docker Hub's own."""
    done = made("push", path=docker)
    assert done.returncode == 2
    assert "make push REGISTRY=registry.example.org/you" in done.stderr
    assert "push kfp-katib" not in done.stdout


def test_clean_leaves_nothing_of_a_run(checkout: Path) -> None:
    """Neither environments nor what was built, run or promoted; everything else stays."""
    for name in ("build", "runs", "local_outputs/release", ".venv-katib", "kfp_katib.egg-info"):
        (checkout / name).mkdir(parents=True, exist_ok=True)
    subprocess.run(["make", "clean"], cwd=checkout, capture_output=True, check=True)
    left = {path.name for path in checkout.iterdir()}
    assert not left & {"build", "runs", "local_outputs", ".venv", ".venv-katib", "kfp_katib.egg-info"}
    assert {"Makefile", "training", "kfp_katib"} <= left
    assert Path(sys.executable).exists()


def test_help_lists_every_target() -> None:
    """But `anew`, which no user names; each in a line of its own, with a word on what it is for."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    phony = re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    assert phony
    told = subprocess.run(
        ["make", "help"], cwd=ROOT, env=bare(), capture_output=True, text=True, check=True
    ).stdout
    listed = [line.split(maxsplit=1) for line in told.splitlines()]
    assert sorted(name for name, _ in listed) == sorted(set(phony[1].split()) - {"anew"})
    assert [about for _, about in listed if len(about) > 90] == []


def test_a_commit_is_held_to_what_make_check_holds() -> None:
    """By programs of the project's own environment, so that no hook asks the network."""
    recipe = (ROOT / "Makefile").read_text().partition("\ncheck: ")[2].partition("\n\n")[0]
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    entries = [hook["entry"].split(" --")[0] for hook in repository["hooks"]]
    commands = re.findall(r"^\t@(.*?)(?: --.*| \.)?$", recipe, re.MULTILINE)
    assert [entry.replace(".venv/bin", "$(BIN)") for entry in entries] == commands
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}

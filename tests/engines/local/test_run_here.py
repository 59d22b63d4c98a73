# SPDX-License-Identifier: Apache-2.0
"""What a trial finds around it on this machine: Python, variables, folders, GPUs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from tests.builders.search import PRINT, search
from tests.engines.local.searches import one, only


def test_python_is_this_environments(tmp_path: Path) -> None:
    """`python` and `python3` are the interpreter that runs the engine, whatever the PATH says."""
    script = "python -c 'import sys; print(sys.prefix)'; python3 -c 'import sys; print(sys.prefix)'; " + PRINT
    assert one(script, tmp_path).log_tail.splitlines()[:2] == [sys.prefix] * 2


def test_python_is_found_where_its_folder_lacks_the_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter under another name gets `python` and `python3` from the run's own bin folder."""
    other = tmp_path / "snake"
    other.write_text(f'#!/bin/sh\nSNAKE=1 exec {sys.executable} "$@"\n')
    other.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(other))
    script = """python3 -c 'import os; print(os.environ["SNAKE"])'; """ + PRINT
    assert one(script, tmp_path / "runs").log_tail.splitlines()[0] == "1"


def test_variables_of_manifest_and_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial has the caller's environment, the manifest's variables, and its own name as in Katib."""
    monkeypatch.setenv("MINE", "caller")
    env = [
        {"name": "A", "value": "1"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    trial = one("echo $MINE $A $KATIB_TRIAL_NAME [$TOKEN]; " + PRINT, tmp_path, container={"env": env})
    assert trial.log_tail.splitlines()[0] == f"caller 1 {trial.name} []"


def test_trials_run_in_the_callers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder stands for the image's WORKDIR."""
    monkeypatch.chdir(tmp_path)
    assert one("pwd; " + PRINT, Path("runs")).log_tail.splitlines()[0] == str(tmp_path)
    assert (tmp_path / "runs" / "tune").is_dir()


def test_a_working_dir_that_exists_is_used(tmp_path: Path) -> None:
    """The manifest's workingDir is obeyed where it can be; where not, a note says so."""
    (tmp_path / "work").mkdir()
    there = one("pwd; " + PRINT, tmp_path, container={"workingDir": str(tmp_path / "work")})
    assert there.log_tail.splitlines()[0] == str(tmp_path / "work")
    changes: dict[str, Any] = {
        "container": {"workingDir": "/no/such/folder"},
        "name": "other",
        "maxTrialCount": 1,
    }
    result = run(search("pwd; " + PRINT, **changes), runs=tmp_path)
    assert only(result).log_tail.splitlines()[0] == str(Path.cwd())
    assert f"workingDir '/no/such/folder' does not exist here: trials run in {Path.cwd()}." in result.notes


def test_a_run_folder_with_a_blank(tmp_path: Path) -> None:
    """What the engine writes into the line is quoted."""
    assert one(PRINT, tmp_path / "my runs").state == "Succeeded"


def test_gpus_are_shared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trials at a time on two devices: each sees one, never both the same."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    meet = f"touch {tmp_path}/${{trialParameters.trial}}.here; "
    wait = f"until [ $(ls {tmp_path}/*.here | wc -l) = 2 ]; do sleep 0.02; done; "
    script = meet + wait + "echo $CUDA_VISIBLE_DEVICES; " + PRINT
    limits = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    result = run(
        search(script, container=limits, parallelTrialCount=2, maxTrialCount=2), runs=tmp_path / "runs"
    )
    assert {trial.log_tail.splitlines()[0] for trial in result.trials} == {"3", "5"}


def test_a_missing_gpu_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials run all the same, and one note says what they lack."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    limits = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    result = run(search(PRINT, container=limits, maxTrialCount=2), runs=tmp_path)
    assert sum("this machine shows 0" in note for note in result.notes) == 1
    assert result.count("Succeeded") == 2


# Collectors

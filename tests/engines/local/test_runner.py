# SPDX-License-Identifier: Apache-2.0
"""Which GPUs this machine has, and which trial gets which."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfp_katib.engines.local.runner import Gpus, visible_gpus


def smi(tmp_path: Path, script: str) -> dict[str, str]:
    """An environment whose nvidia-smi is a script."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{tmp_path}{os.pathsep}{os.defpath}"}


TWO = """echo 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5a)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-5b)
  MIG 1g.10gb     Device  0: (UUID: MIG-5c)'"""


def test_nvidia_smi_lists_the_devices(tmp_path: Path) -> None:
    """One line for each GPU; slices of a GPU are no GPUs of their own."""
    assert visible_gpus(smi(tmp_path, TWO)) == ("0", "1")


def test_without_a_driver_there_are_none(tmp_path: Path) -> None:
    """A program that fails, or is not there, is no error."""
    assert visible_gpus(smi(tmp_path, "echo 'No devices were found'; exit 6")) == ()
    assert visible_gpus({"PATH": str(tmp_path / "nowhere")}) == ()


@pytest.mark.parametrize(
    ("variable", "devices"),
    [("1,3", ("1", "3")), ("GPU-5a", ("GPU-5a",)), ("", ()), ("-1", ()), (" 0 , 1 ", ("0", "1"))],
)
def test_the_callers_choice_is_obeyed(tmp_path: Path, variable: str, devices: tuple[str, ...]) -> None:
    """Where CUDA_VISIBLE_DEVICES is set, nobody gets another device."""
    assert visible_gpus({**smi(tmp_path, TWO), "CUDA_VISIBLE_DEVICES": variable}) == devices


def test_each_trial_has_devices_of_its_own() -> None:
    """No device is lent twice at a time; one that comes back is lent again."""
    gpus = Gpus(("0", "1", "2", "3"), 2)
    assert gpus.take(7) == {"CUDA_VISIBLE_DEVICES": "0,1"}
    assert gpus.take(8) == {"CUDA_VISIBLE_DEVICES": "2,3"}
    gpus.give_back(7)
    assert gpus.take(9) == {"CUDA_VISIBLE_DEVICES": "0,1"}


@pytest.mark.parametrize(
    ("count", "per_trial", "slots", "says"),
    [
        (4, 2, 2, ""),
        (0, 0, 2, ""),
        (3, 2, 1, "1 at a time instead of 2"),
        (1, 2, 2, "no trial gets a device of its own"),
        (0, 1, 2, "this machine shows 0"),
    ],
    ids=["enough", "not asked for", "for one trial", "too few for one", "none"],
)
def test_too_few_devices_are_said(count: int, per_trial: int, slots: int, says: str) -> None:
    """With devices for some trials fewer run at a time; with too few for one, none is lent."""
    gpus = Gpus(tuple(map(str, range(count))), per_trial)
    assert gpus.slots(2) == slots
    assert says in gpus.shortage(2)
    assert bool(gpus.shortage(2)) == bool(says)
    assert bool(gpus.take(1)) == (per_trial > 0 and count >= per_trial)

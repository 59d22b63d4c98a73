# SPDX-License-Identifier: Apache-2.0
"""The command that shows what Geant4 would get from an exported model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from tests.training.par04 import broken
from tests.training.par04.conftest import Exported
from training.errors import ModelError
from training.geometry import Point
from training.par04.inference import check

POINT = Point("SiW", 90.0, 64.0)


def numbers(printed: dict[str, str]) -> list[float]:
    """All numbers of one side, in order."""
    return [float(word) for line in printed.values() for word in line.split()]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "training.par04.inference", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_prints_sum_and_profiles_of_both(made: Exported) -> None:
    """Par04's and the generator's, in MeV."""
    finished = run(f"--model={made.folder}", "--energy=64", "--angle=90", "--showers=5")
    printed = json.loads(finished.stdout)
    assert (printed["point"], printed["showers"]) == ("SiW, 64 GeV, 90 degrees", 5)
    assert numbers(printed["par04"]) == pytest.approx(numbers(printed["generator"]), rel=1e-3, abs=0.02)
    total, *profiles = numbers(printed["par04"])
    layers, rings = profiles[:9], profiles[9:]
    assert len(rings) == 4
    assert sum(layers) == pytest.approx(total, abs=0.1)
    assert sum(rings) == pytest.approx(total, abs=0.1)


def test_energies_scaled_twice_are_noticed_without_the_trained_model(made: Exported, tmp_path: Path) -> None:
    """No calorimeter holds more than what came in."""
    onnx.save(broken.scaled_twice(made.proto), tmp_path / "Generator.onnx")
    with pytest.raises(ModelError, match="MeV of an electron's 64000 MeV"):
        check(tmp_path, POINT, 1, 0)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--energy=0", "argument --energy: '0' is not above 0"),
        ("--angle=steep", "argument --angle: 'steep' is not a finite number"),
        ("--showers=0", "argument --showers: '0' is below 1"),
        ("--model=nowhere", "nowhere: missing. Give the folder"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(option: str, said: str, made: Exported) -> None:
    """Exit code 2 and no traceback."""
    finished = run(f"--model={made.folder}", option)
    assert finished.returncode == 2
    assert said in finished.stderr
    assert "Traceback" not in finished.stderr

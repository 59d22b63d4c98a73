# SPDX-License-Identifier: Apache-2.0
"""One small data set and one trained model, made once by the real commands and shared."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.gcs import gcs_bucket as gcs_bucket
from tests.support.s3 import bucket as bucket
from training.prepare import prepare

TINY = {
    "geometries": "SciPb,SiW",
    "energies": "4,64",
    "angles": "50,90",
    "showers": 40,
    "mesh": "4x5x9",
    "validation": 0.1,
    "test": 0.1,
}


@dataclass(frozen=True)
class Run:
    """A finished training: where its model is, and what it said."""

    model: Path
    exit_code: int
    stdout: str
    stderr: str

    @property
    def epochs(self) -> list[dict[str, str]]:
        """The name=value words of each printed line."""
        return [dict(word.split("=") for word in line.split()[1:]) for line in self.stdout.splitlines()]


def training_command(dataset: str, output: str, *options: str) -> list[str]:
    """Return what a trial would run."""
    folders = [f"--dataset={dataset}", f"--output={output}"]
    return [sys.executable, "-m", "training.train", "--threads=1", *folders, *options]


def training_environment(dataset: Path) -> dict[str, str]:
    """Return this process's environment; compiled programs are shared beside the data."""
    return {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(dataset.parent / "compiled")}


def run_training(dataset: Path, model: Path, *options: str, scheme: str = "") -> Run:
    """Run ``python -m training.train`` as a trial would."""
    finished = subprocess.run(
        training_command(f"{scheme}{dataset}", f"{scheme}{model}", *options),
        capture_output=True,
        text=True,
        env=training_environment(dataset),
        timeout=200,
        check=False,
    )
    return Run(model, finished.returncode, finished.stdout, finished.stderr)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """320 showers of 180 cells: both calorimeters, two energies, two angles."""
    folder = tmp_path_factory.mktemp("showers")
    prepare("", folder, **TINY)
    return folder


@pytest.fixture(scope="session")
def trained(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training of six epochs."""
    return run_training(
        dataset, tmp_path_factory.mktemp("trained") / "model", "--lr=3e-3", "--batch_size=32.0", "--epochs=6"
    )


@pytest.fixture(scope="session")
def exported(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained model as ONNX."""
    from training.export import export

    folder = tmp_path_factory.mktemp("exported")
    export(trained.model, folder)
    return folder

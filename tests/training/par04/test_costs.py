# SPDX-License-Identifier: Apache-2.0
"""What an exported model costs is measured on the model itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.training.par04.conftest import Exported
from training.par04.generator import costs


@pytest.fixture(scope="module")
def measured(made: Exported) -> dict[str, float]:
    """Measured once."""
    return costs(made.folder)


def test_a_shower_of_a_large_batch_is_cheaper(measured: dict[str, float]) -> None:
    """A call has a price of its own; both are milliseconds of a model that takes microseconds."""
    assert 0.0 < measured["ms_per_shower_batch_100"] < measured["ms_per_shower_batch_1"] < 50.0


def test_the_size_is_the_files(made: Exported, measured: dict[str, float]) -> None:
    """In millions of bytes."""
    assert measured["model_megabytes"] == made.path.stat().st_size / 1e6


def test_the_memory_is_that_of_a_process_that_only_generates(
    made: Exported, measured: dict[str, float]
) -> None:
    """Python with ONNX Runtime takes tens of megabytes; what the asking process holds does not count."""
    held = bytearray(400_000_000)
    held[::4096] = b"1" * len(held[::4096])
    again = costs(made.folder)["peak_memory_megabytes"]
    assert 20.0 < measured["peak_memory_megabytes"] < 300.0
    assert again == pytest.approx(measured["peak_memory_megabytes"], rel=0.2)


def test_the_memory_grows_with_what_is_generated(made: Exported) -> None:
    """The command for one model prints one number."""
    command = [sys.executable, "-m", "training.par04.generator", str(made.folder)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert float(printed) > 20.0

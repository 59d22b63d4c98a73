# SPDX-License-Identifier: Apache-2.0
"""What an exported model costs: time, disk and memory, on one core as Geant4 asks ONNX Runtime for.

python -m training.par04.costs MODEL       prints the peak memory of a process that generates
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np

import training
from training.geometry import GEOMETRIES
from training.par04.generator import Generator, file_of
from training.par04.speed import ms_per_shower
from training.scaling import MAX_ENERGY_GEV, conditions

BATCHES = (1, 100)
"""As Par04 asks for showers, and as an example that collects them could."""
MEGABYTE = 1e6
NAMES = (
    *(f"ms_per_shower_batch_{batch}" for batch in BATCHES),
    "model_megabytes",
    "peak_memory_megabytes",
)


def costs(model: Path) -> dict[str, float]:
    """Measure an exported model.

    Args:
        model: The folder that `training.export` wrote, or one ONNX file of it.

    Returns:
        ``ms_per_shower_batch_1`` and ``ms_per_shower_batch_100``: as `training.par04.speed` measures them.
        ``model_megabytes``: the file on disk. ``peak_memory_megabytes``: the largest resident memory of a
        process that loads the model and generates 100 showers, with the interpreter and ONNX Runtime.
    """
    path = file_of(model)
    speeds = [ms_per_shower(path, batch=batch) for batch in BATCHES]
    size = path.stat().st_size / MEGABYTE
    return dict(zip(NAMES, (*speeds, size, _peak_memory(model)), strict=True))


def _peak_memory(model: Path) -> float:
    """Ask a process of its own: this one has read showers."""
    root = str(Path(training.__file__).parent.parent)
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    printed = subprocess.run(
        [sys.executable, "-m", "training.par04.costs", str(model)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(printed.stdout)


def _own_peak() -> float:
    """The peak of this process in megabytes.

    Linux hands a parent's ru_maxrss on to what it starts; the peak of the process itself stands in /proc.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / MEGABYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE  # bytes on macOS


def _generate(model: Path) -> None:
    told = conditions(next(iter(GEOMETRIES)), np.full(BATCHES[-1], MAX_ENERGY_GEV / 2.0), 90.0)
    Generator(model, threads=1).draw(told, np.random.default_rng(0))


if __name__ == "__main__":
    _generate(Path(sys.argv[1]))
    print(_own_peak())

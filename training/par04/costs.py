# SPDX-License-Identifier: Apache-2.0
"""What an exported model costs: time, disk and memory, on one core as Geant4 asks ONNX Runtime for.

python -m training.par04.costs MODEL       prints the peak memory of a process that generates
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import training
from training.geometry import GEOMETRIES
from training.par04.generator import FILE_NAME, Generator
from training.scaling import MAX_ENERGY_GEV, conditions

BATCH = 100
REPEATS = {1: 50, BATCH: 5}
"""Calls that are timed for each batch; the median counts."""
MEGABYTE = 1e6
NAMES = (
    *(f"ms_per_shower_batch_{batch}" for batch in REPEATS),
    "model_megabytes",
    "peak_memory_megabytes",
)


def costs(model: Path) -> dict[str, float]:
    """Measure an exported model.

    Args:
        model: The folder that `training.export` wrote, or one ONNX file of it.

    Returns:
        ``ms_per_shower_batch_1`` and ``ms_per_shower_batch_100``: time of a call over its showers, one core.
        ``model_megabytes``: the file on disk. ``peak_memory_megabytes``: the largest resident memory of a
        process that loads the model and generates 100 showers, with the interpreter and ONNX Runtime.
    """
    generator = Generator(model, threads=1)
    speeds = [_milliseconds(generator, batch) for batch in REPEATS]
    size = (model / FILE_NAME if model.is_dir() else model).stat().st_size / MEGABYTE
    return dict(zip(NAMES, (*speeds, size, _peak_memory(model)), strict=True))


def _milliseconds(generator: Generator, batch: int) -> float:
    call = _call(generator, batch)
    call()  # the first one allocates
    seconds = []
    for _ in range(REPEATS[batch]):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) / batch * 1000.0


def _call(generator: Generator, batch: int) -> Callable[[], object]:
    told = conditions(next(iter(GEOMETRIES)), np.full(batch, MAX_ENERGY_GEV / 2.0), 90.0)
    return lambda: generator.draw(told, np.random.default_rng(0))


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


if __name__ == "__main__":
    _call(Generator(Path(sys.argv[1]), threads=1), BATCH)()
    print(_own_peak())

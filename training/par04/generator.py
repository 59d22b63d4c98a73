# SPDX-License-Identifier: Apache-2.0
"""An exported model at work: conditions in, showers out; and what it costs in time, disk and memory.

It needs ONNX Runtime and no JAX. Costs are those of one core, as Geant4's Par04 asks ONNX Runtime for.

python -m training.par04.generator MODEL       prints the peak memory of a process that generates
"""

from __future__ import annotations

import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnxruntime.capi import onnxruntime_pybind11_state as reasons

from training.errors import ModelError
from training.geometry import GEOMETRIES, Mesh, parse_mesh
from training.par04.geant4 import open_session
from training.scaling import MAX_ENERGY_GEV, Floats, conditions

FILE_NAME = "Generator.onnx"
"""The name that Par04's macros load."""
BATCH_BYTES = 64 * 2**20
"""What one call of ONNX Runtime returns at most: 414 showers of the full mesh."""
UNLOADABLE = (reasons.Fail, reasons.InvalidArgument, reasons.InvalidGraph, reasons.InvalidProtobuf)
"""ONNX Runtime's exceptions have no base class of their own."""
RUNS = 30
BATCHES = (1, 100)
"""As Par04 asks for showers, and as an example that collects them could."""
MEGABYTE = 1e6
COSTS = (*(f"ms_per_shower_batch_{batch}" for batch in BATCHES), "model_megabytes", "peak_memory_megabytes")
"""The names of what `costs` returns."""


def file_of(model: Path) -> Path:
    """The ONNX file of an exported model, which is its folder or the file itself."""
    return model / FILE_NAME if model.is_dir() else model


class Generator:
    """An open ONNX session of the exported decoder.

    Args:
        model: The folder that `training.export` wrote, or one ONNX file of it.
        threads: How many cores one call may use; 0 leaves it to ONNX Runtime, which takes all.

    Attributes:
        facts: The file's own metadata, all text.
        mesh: Of the showers.
        latent_dim: How many random numbers make a shower.

    Raises:
        ModelError: The file is missing, damaged or was not written by `training.export`.
    """

    def __init__(self, model: Path, *, threads: int = 0) -> None:
        path = file_of(model)
        if not path.is_file():
            raise ModelError(f"{path}: missing. Give the folder that training.export wrote.")
        try:
            self._session = open_session(path, threads=threads, optimise=True)
            self.facts: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
            self.mesh: Mesh = parse_mesh(self.facts["mesh"])
            self.latent_dim = int(self.facts["latent_dim"])
        except KeyError as err:
            raise ModelError(
                f"{path}: has no entry {err} in its metadata. Export it by training.export."
            ) from err
        except UNLOADABLE as err:
            raise ModelError(f"{path}: ONNX Runtime cannot load it ({err}). Export the model again.") from err

    def draw(self, conditions: Floats, random: np.random.Generator) -> Floats:
        """Generate one shower for each row of conditions.

        Args:
            conditions: What `training.scaling.conditions` returns, shape (showers, 4).
            random: Gives the latent numbers; the showers do not depend on how they are batched.

        Returns:
            Fractions of the incident energy, shape (showers, r, phi, z).
        """
        latent = random.standard_normal((len(conditions), self.latent_dim)).astype(np.float32)
        return self.decode(latent, conditions)

    def decode(self, latent: Floats, conditions: Floats) -> Floats:
        """Return the showers of these latent numbers, shape (showers, latent_dim), as `draw` does."""
        inputs = np.concatenate([latent, conditions], axis=1, dtype=np.float32)
        showers = np.empty((len(inputs), self.mesh.cells), dtype=np.float32)
        name = self._session.get_inputs()[0].name
        size = max(1, BATCH_BYTES // (showers.itemsize * self.mesh.cells))
        for start in range(0, len(inputs), size):
            rows = slice(start, start + size)
            (showers[rows],) = self._session.run(None, {name: inputs[rows]})
        return showers.reshape(-1, *self.mesh.shape)


def ms_per_shower(model: Path, *, batch: int = 1, optimise: bool = False, runs: int = RUNS) -> float:
    """Return the median of whole calls on one core, divided by the showers of a call.

    It is this thread's own time, in which all of the work is done: neighbours on a busy machine cost nothing.

    Args:
        model: The ONNX file.
        batch: Showers in a call; Par04 takes one at a time.
        optimise: As Par04's setOptimizationFlag, which its macros leave at 0.
        runs: How many calls, after one that is not counted.
    """
    session = open_session(model, optimise=optimise)
    tensor = session.get_inputs()[-1]
    inputs = {tensor.name: np.zeros((batch, tensor.shape[1]), dtype=np.float32)}
    taken = []
    for _ in range(runs + 1):
        began = time.thread_time()
        session.run(None, inputs)
        taken.append(time.thread_time() - began)
    return 1e3 * statistics.median(taken[1:]) / batch


def costs(model: Path) -> dict[str, float]:
    """Measure an exported model, its folder or ONNX file: `COSTS`, which training/README.md explains."""
    path = file_of(model)
    speeds = [ms_per_shower(path, batch=batch) for batch in BATCHES]
    size = path.stat().st_size / MEGABYTE
    return dict(zip(COSTS, (*speeds, size, _peak_memory(model)), strict=True))


def _peak_memory(model: Path) -> float:
    """Ask a process of its own, Python and ONNX Runtime included: this one has read showers."""
    command = [sys.executable, "-m", "training.par04.generator", str(model.absolute())]
    root = Path(__file__).parents[2]
    return float(subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _own_peak() -> float:
    """The peak of this process in megabytes.

    Linux hands a parent's ru_maxrss on to what it starts; the peak of the process itself stands in /proc.
    """
    status = Path("/proc/self/status")
    if status.is_file() and (peak := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(peak[1]) * 1024 / MEGABYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE  # bytes on macOS


if __name__ == "__main__":
    told = conditions(next(iter(GEOMETRIES)), np.full(BATCHES[-1], MAX_ENERGY_GEV / 2.0), 90.0)
    Generator(Path(sys.argv[1]), threads=1).draw(told, np.random.default_rng(0))
    print(_own_peak())

# SPDX-License-Identifier: Apache-2.0
"""How long the whole pipeline takes on this machine, and how long one training at the full mesh.

Run it as `python benchmarks/pipeline.py`. JAX's compilation cache starts empty, as on a fresh machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA = ["--mesh", "18x50x45", "--geometries", "SciPb", "--energies", "64,256", "--angles", "90"]
DATA += ["--showers", "250", "--validation", "0.1", "--test", "0.1"]
TRAINING = ["--lr", "1e-3", "--batch_size", "100", "--epochs", "25"]


def seconds(module: str, *arguments: str, cache: Path) -> float:
    """The wall-clock time of running one Python module."""
    began = time.perf_counter()
    environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, cwd=cache, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Print both times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = seconds("pipelines.run_local", "--folder", str(folder / "outputs"), cache=folder)
        print(f"the pipeline, 12 trials, 2 at a time, 18 x 16 x 9 cells: {whole:.0f} s (limit 90 s)")
        data, model = str(folder / "data"), str(folder / "model")
        seconds("training.prepare", "--destination", data, *DATA, cache=folder)
        one = seconds("training.train", "--dataset", data, "--output", model, *TRAINING, cache=folder)
        print(f"one training, 25 epochs of 400 showers in batches of 100, 18 x 50 x 45 cells: {one:.0f} s")


if __name__ == "__main__":
    main()

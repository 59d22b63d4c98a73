# SPDX-License-Identifier: Apache-2.0
"""The exported model's size and its speed, and what an export costs, at the full mesh of 18 x 50 x 45 cells.

Run it as `python benchmarks/export.py`, or with `--model FOLDER` for a trained model; without it, one is
trained for half a minute. Times are per shower on one core: at batch 1 without graph optimisations, as
Par04's macros run it, and in brackets with all of them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from training.export import export  # noqa: E402
from training.par04.generator import ms_per_shower  # noqa: E402

DATA = ("--geometries=SciPb,SiW", "--energies=1,64,1024", "--angles=50,90", "--showers=50", "--mesh=18x50x45")
TRAINING = ("--epochs=30", "--batch_size=32", "--lr=2e-3")


def train(folder: Path) -> Path:
    """Train a model of the full mesh with the commands that users run."""
    data, model = folder / "data", folder / "model"
    for command in (
        ("training.prepare", f"--destination={data}", *DATA),
        ("training.train", f"--dataset={data}", f"--output={model}", *TRAINING),
    ):
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True, capture_output=True)
    return model


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="folder that training.train wrote")
    given = parser.parse_args().model
    with tempfile.TemporaryDirectory() as name:
        model, exported = given or train(Path(name)), Path(name) / "exported"
        export(model, exported)  # what the first one compiles is not counted
        began = time.process_time()
        told = export(model, exported)
        print(f"export: {time.process_time() - began:.1f} s of CPU time")
        print(f"largest difference to JAX in a cell: {told['max_difference_to_jax']:.1e}")
        path = exported / str(told["file"])
        one, optimised = (ms_per_shower(path, optimise=each, runs=100) for each in (False, True))
        many = ms_per_shower(path, batch=100)
        print(f"{path.stat().st_size / 1e6:.1f} MB")
        print(f"batch 1: {one:.2f} ({optimised:.2f}) ms a shower; batch 100: {many:.3f} ms")


if __name__ == "__main__":
    main()

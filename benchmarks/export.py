# SPDX-License-Identifier: Apache-2.0
"""The exported model's size, its speed and its loss in 8 bits, at the full mesh of 18 x 50 x 45 cells.

Run it as `python benchmarks/export.py`, or with `--model FOLDER` for a trained model; without it, one is
trained for half a minute. Times are per shower on one core: at batch 1 without graph optimisations, as
Par04's macros run it, and in brackets with all of them. The loss is measured as at every export, by
`training.par04.int8.loss`; the last row is the difference between two samples of the same model.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

from training.export import export
from training.geometry import geometry_named
from training.par04.generator import Generator
from training.par04.graph import INPUT, LAST_DENSE
from training.par04.int8 import POINTS, SHOWERS_PER_POINT, loss, write_int8
from training.par04.speed import ms_per_shower
from training.physics.distance import physics_distance
from training.physics.observables import Array, observables
from training.point import Point
from training.scaling import CONDITIONS, conditions

ROOT = Path(__file__).parents[1]
DATA = ("--geometries=SciPb,SiW", "--energies=1,64,1024", "--angles=50,90", "--showers=50", "--mesh=18x50x45")
TRAINING = ("--epochs=30", "--batch_size=32", "--lr=2e-3")


class Calibration(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime brings no types
    """Inputs of single showers, from which the static ranges of every layer are measured."""

    def __init__(self, latent_dim: int) -> None:
        self._inputs = _inputs(latent_dim)

    def get_next(self) -> Mapping[str, Array] | None:
        """Return the next input, or None."""
        return next(self._inputs, None)


def _inputs(latent_dim: int) -> Iterator[Mapping[str, Array]]:
    random = np.random.default_rng(1)
    for point in POINTS:
        told = conditions(point.geometry, point.energy_gev, point.angle_deg)
        for _ in range(25):
            latent = random.standard_normal((1, latent_dim)).astype(np.float32)
            yield {INPUT: np.concatenate([latent, told], axis=1)}


def dynamic(full: Path, path: Path, **settings: object) -> None:
    """Write the model in 8 bits, with the ranges of activations measured at run time."""
    quantize_dynamic(_read(full), path, weight_type=QuantType.QInt8, per_channel=True, **settings)


def static(full: Path, path: Path, **settings: object) -> None:
    """Write the model in 8 bits, with calibrated ranges of activations; the output stays float32."""
    proto = _read(full)
    latent_dim = proto.graph.input[0].type.tensor_type.shape.dim[1].dim_value - CONDITIONS
    quantize_static(
        proto,
        path,
        Calibration(latent_dim),
        weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8,
        per_channel=True,
        op_types_to_quantize=["Gemm"],
        extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
        **settings,
    )


def _read(full: Path) -> onnx.ModelProto:
    """Read the model again: the library changes the one it is given."""
    proto = onnx.load(full)
    add_pre_process_metadata(proto)
    return proto


def variants(full: Path) -> Mapping[str, Callable[[Path], None]]:
    """The quantisations that were tried, with the shipped one first."""
    last = {"nodes_to_quantize": [LAST_DENSE]}
    eight = {"quant_format": QuantFormat.QOperator}
    pairs = {"quant_format": QuantFormat.QDQ}
    by_name = {"nodes_to_quantize": [f"{LAST_DENSE}_MatMul"]}
    return {
        "int8: last layer, dynamic, 7 bits": lambda path: write_int8(full, path, LAST_DENSE),
        "last layer, dynamic, 8 bits": lambda path: dynamic(full, path, **by_name),
        "all layers, dynamic, 8 bits": lambda path: dynamic(full, path),
        "last layer, static, QGemm": lambda path: static(full, path, **eight, **last),
        "last layer, static, Q/DQ pairs": lambda path: static(full, path, **pairs, **last),
        "all layers, static, QGemm": lambda path: static(full, path, **eight),
    }


def train(folder: Path) -> Path:
    """Train a model of the full mesh with the commands that users run."""
    prepare = ["-m", "training.prepare", f"--destination={folder / 'data'}", *DATA]
    learn = [
        "-m",
        "training.train",
        f"--dataset={folder / 'data'}",
        f"--output={folder / 'model'}",
        *TRAINING,
    ]
    for command in (prepare, learn):
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    return folder / "model"


def row(name: str, path: Path, told: Mapping[str, float]) -> str:
    """One line of the table."""
    one, optimised, many = (
        ms_per_shower(path, runs=100),
        ms_per_shower(path, optimise=True, runs=100),
        ms_per_shower(path, batch=100),
    )
    return (
        f"{name:<34}{path.stat().st_size / 1e6:>6.1f} MB{one:>8.2f} ({optimised:.2f}) ms{many:>8.3f} ms"
        f"{told['int8_max_cell_difference']:>10.1e}{100 * told['int8_energy_change_worst']:>9.2f} %"
        f"{told['int8_physics_distance']:>9.3f}"
    )


def between_samples(generator: Generator) -> float:
    """The physics distance between two samples of one model, which is due to chance alone."""

    def sample(seed: int) -> dict[Point, dict[str, Array]]:
        random = np.random.default_rng(seed)
        return {point: _observed(generator, point, random) for point in POINTS}

    return physics_distance(sample(1), sample(2))


def _observed(generator: Generator, point: Point, random: np.random.Generator) -> dict[str, Array]:
    told = conditions(point.geometry, np.full(SHOWERS_PER_POINT, point.energy_gev), point.angle_deg)
    return observables(generator.draw(told, random), geometry_named(point.geometry), generator.mesh)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="folder that training.train wrote")
    given = parser.parse_args().model
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = given or train(folder)
        export(model, folder / "exported")  # what the first one compiles is not counted
        for int8 in (False, True):
            began = time.process_time()
            told = export(model, folder / "exported", int8=int8)
            print(f"export{' with int8' if int8 else ''}: {time.process_time() - began:.1f} s of CPU time")
        print(f"largest difference to JAX in a cell: {told['max_difference_to_jax']:.1e}\n")
        print(f"{'':<34}{'size':>9}{'batch 1':>18}{'batch 100':>11}{'cell':>10}{'energy':>11}{'distance':>9}")
        full = folder / "exported" / str(told["file"])
        generator = Generator(full)
        print(row("float32", full, loss(generator, generator)))
        for what, write in variants(full).items():
            path = folder / "variant.onnx"
            write(path)
            print(row(what, path, loss(generator, Generator(path))), flush=True)
        print(f"{'two samples of the float32 model':<34}{between_samples(generator):>68.3f}")


if __name__ == "__main__":
    main()

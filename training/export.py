# SPDX-License-Identifier: Apache-2.0
"""Turns a trained decoder into the files that Geant4's example Par04 loads, and checks them.

    python -m training.export --model model --destination exported

In the destination: Generator.onnx; Generator.int8.onnx, the same with 8-bit weights; par04.mac, which runs
the example with them; and the training's curves.csv where there is one.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import helper

from training.command import answer
from training.errors import ModelError
from training.geometry import GEOMETRIES, Mesh, geometry_named
from training.par04 import int8 as eight_bits
from training.par04 import macro
from training.par04.deposits import verify
from training.par04.facts import Facts, facts
from training.par04.geant4 import Par04
from training.par04.generator import FILE_NAME, Generator
from training.par04.graph import LAST_DENSE, OPSET, to_onnx
from training.par04.speed import ms_per_shower
from training.scaling import Floats, conditions
from training.vae import checkpoint
from training.vae.model import VAE, Architecture

# A step of a pipeline logs at INFO, where JAX tells which accelerators this machine does not have.
logging.getLogger("jax").setLevel(logging.WARNING)

WRITTEN = (FILE_NAME, eight_bits.FILE_NAME, macro.FILE_NAME, checkpoint.CURVES)
MODELS = "MLModels"
"""Where Par04's own macros look for a model, from where the example runs."""
BATCHES = (1, 3, 66)
TOLERANCE = 1e-5
"""Of one cell's fraction; measured: about 1e-7."""


def export(model: Path, destination: Path, *, int8: bool = True) -> Facts:
    """Export the decoder of a trained model and check it: against JAX, and as Par04 uses it.

    Args:
        model: The folder that a training wrote.
        destination: A folder for what is written; made if it is missing. It gets nothing that failed a check.
        int8: Write the variant with 8-bit weights as well. At the full mesh it costs 2.3 s and 4.4 MB.

    Returns:
        Metadata for an artifact: what the file's own metadata say (signature, units, scaling, mesh, sizes of
        cells, largest difference to JAX, loss of the 8-bit variant), and what holds for this machine alone:
        bytes, and milliseconds per shower fed one by one as Par04 does.

    Raises:
        ModelError: The model is missing or damaged, ONNX Runtime computes something else than JAX, or Par04
            would deposit something else.
    """
    model, destination = Path(model), Path(destination)
    vae, architecture = checkpoint.load(model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = _write(vae, architecture, folder)
        if int8:
            told |= _write_int8(folder)
        curves = (model if model.is_dir() else model.parent) / checkpoint.CURVES
        if curves.is_file():
            shutil.copyfile(curves, folder / checkpoint.CURVES)
        _replace(destination, folder)
    return told


def _write(vae: VAE, architecture: Architecture, folder: Path) -> Facts:
    """Write the graph and the macro, and check the graph."""
    mesh = Mesh(*architecture.mesh)
    path = folder / FILE_NAME
    proto = to_onnx(vae, architecture)
    onnx.checker.check_model(proto)
    told = facts(architecture.latent_dim, mesh) | {"opset": OPSET}
    _save(proto, path, told)  # a generator reads the mesh from the file
    told["max_difference_to_jax"] = difference_to_jax(vae, Generator(path))
    verify(
        Par04(path, mesh, geometry_named(macro.GEOMETRY)),
        lambda latent, conditions: _decode(vae, latent, conditions).reshape(-1, *mesh.shape),
        architecture.latent_dim,
    )
    _save(proto, path, told)
    text = macro.macro(architecture.latent_dim, mesh, f"{MODELS}/{FILE_NAME}")
    (folder / macro.FILE_NAME).write_text(text)
    return told | {"file": FILE_NAME, "bytes": path.stat().st_size, "ms_per_shower": ms_per_shower(path)}


def _write_int8(folder: Path) -> Facts:
    """Write the variant with 8-bit weights and measure what it costs."""
    path = folder / eight_bits.FILE_NAME
    eight_bits.write_int8(folder / FILE_NAME, path, LAST_DENSE)
    loss = eight_bits.loss(Generator(folder / FILE_NAME), Generator(path))
    proto = onnx.load(path)
    kept = {entry.key: entry.value for entry in proto.metadata_props if not entry.key.startswith("onnx.")}
    _save(proto, path, {**kept, **loss})
    return {
        **loss,
        "int8_file": eight_bits.FILE_NAME,
        "int8_bytes": path.stat().st_size,
        "int8_ms_per_shower": ms_per_shower(path),
    }


def _save(proto: onnx.ModelProto, path: Path, told: Facts) -> None:
    helper.set_model_props(proto, {name: _as_text(value) for name, value in told.items()})
    onnx.save(proto, path)


def _as_text(value: str | int | float) -> str:
    """Write a number with seven digits, as single precision has."""
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _replace(destination: Path, folder: Path) -> None:
    """Put what was written and checked in the place of an earlier export."""
    destination.mkdir(parents=True, exist_ok=True)
    for name in WRITTEN:
        (destination / name).unlink(missing_ok=True)
        if (folder / name).is_file():
            shutil.copyfile(folder / name, destination / name)


def difference_to_jax(vae: VAE, generator: Generator) -> float:
    """Return the largest difference of a cell, over batch sizes and the whole range of conditions.

    Raises:
        ModelError: It is above what rounding explains.
    """
    energies, angles = np.geomspace(1.0, 1024.0, 11), (0.0, 50.0, 90.0)
    told = np.concatenate([conditions(name, energies, angle) for name in GEOMETRIES for angle in angles])
    latent = np.random.default_rng(0).standard_normal((len(told), generator.latent_dim)).astype(np.float32)
    expected = _decode(vae, latent, told)
    worst = 0.0
    for size in BATCHES:
        for start in range(0, len(told), size):
            rows = slice(start, start + size)
            cells = generator.decode(latent[rows], told[rows]).reshape(-1, generator.mesh.cells)
            worst = max(worst, float(np.abs(cells - expected[rows]).max()))
    if not worst < TOLERANCE:
        raise ModelError(f"ONNX Runtime differs from JAX by {worst:g} in a cell. Report this.")
    return worst


def _decode(vae: VAE, latent: Floats, told: Floats) -> Floats:
    """The trained decoder itself, shape (showers, cells), in float32 on accelerators as well."""
    inputs = jnp.asarray(np.concatenate([latent, told], axis=1))
    with jax.default_matmul_precision("highest"):
        return np.asarray(jax.nn.sigmoid(vae.decode(inputs, batch=False)[0]))


def main() -> int:
    """Export from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder that training.train wrote")
    parser.add_argument("--destination", type=Path, required=True, help=f"folder for {FILE_NAME}")
    parser.add_argument(
        "--int8",
        action=argparse.BooleanOptionalAction,
        default=True,
        help=f"write {eight_bits.FILE_NAME} as well (default)",
    )
    options = parser.parse_args()
    return answer(lambda: export(options.model, options.destination, int8=options.int8))


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Turns a trained decoder into the files that Geant4's example Par04 loads, and checks them.

    python -m training.export --model model --destination exported

In the destination: Generator.onnx; par04.mac, which runs the example with it; and the training's curves.csv
where there is one.

Par04's inference feeds one tensor under the name of the graph's last input, so the graph has one input:
latent numbers, energy / Emax, angle / Amax, geometry (2). It returns the cells' fractions of the incident
energy in the order r, phi, z, which Par04 multiplies by that energy. It is written node by node, in
milliseconds: tracing a decoder of 40,500 cells by jax2onnx takes 11 s.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.command import answer
from training.data.block import runs
from training.errors import ModelError
from training.geometry import GEOMETRIES
from training.par04.facts import GEOMETRY, MACRO, Facts, facts, macro
from training.par04.geant4 import Par04
from training.par04.generator import FILE_NAME, Generator, ms_per_shower
from training.par04.inference import verify
from training.scaling import CONDITIONS, Floats, conditions
from training.vae import checkpoint
from training.vae.model import EPSILON, LEAK, VAE, Dense

# A step of a pipeline logs at INFO, where JAX tells which accelerators this machine does not have.
logging.getLogger("jax").setLevel(logging.WARNING)

OPSET = 13
IR_VERSION = 8
"""Both old enough for ONNX Runtime 1.11, the oldest that Par04's README names; it knows opset 16."""
INPUT, OUTPUT = "input", "cells"
WRITTEN = (FILE_NAME, MACRO, checkpoint.CURVES)
BATCHES = (1, 3, 66)
TOLERANCE = 1e-5
"""Of one cell's fraction; measured: about 1e-7."""


def export(model: Path, destination: Path) -> Facts:
    """Export the decoder of a trained model and check it: against JAX, and as Par04 uses it.

    Args:
        model: The folder that a training wrote.
        destination: A folder for what is written; made if it is missing. It gets nothing that failed a check.

    Returns:
        Metadata for an artifact: what the file's own metadata say (signature, units, scaling, mesh, sizes of
        cells, largest difference to JAX), and what holds for this machine alone: bytes, and milliseconds per
        shower fed one by one as Par04 does.

    Raises:
        ModelError: The model is missing or damaged, ONNX Runtime computes something else than JAX, or Par04
            would deposit something else.
    """
    model, destination = Path(model), Path(destination)
    vae = checkpoint.load(model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = _write(vae, folder)
        curves = (model if model.is_dir() else model.parent) / checkpoint.CURVES
        if curves.is_file():
            shutil.copyfile(curves, folder / checkpoint.CURVES)
        _replace(destination, folder)
    return told


def _write(vae: VAE, folder: Path) -> Facts:
    """Write the graph and the macro, and check the graph."""
    mesh, latent_dim = vae.mesh, vae.latent_dim
    path = folder / FILE_NAME
    proto = to_onnx(vae)
    onnx.checker.check_model(proto)
    told = facts(latent_dim, mesh) | {"opset": OPSET}
    _save(proto, path, told)  # a generator reads the mesh from the file
    told["max_difference_to_jax"] = difference_to_jax(vae, Generator(path))
    verify(Par04(path, mesh, GEOMETRY), partial(_decode, vae), latent_dim)
    _save(proto, path, told)
    (folder / MACRO).write_text(macro(latent_dim, mesh))
    return told | {"file": FILE_NAME, "bytes": path.stat().st_size, "ms_per_shower": ms_per_shower(path)}


def _save(proto: onnx.ModelProto, path: Path, told: Facts) -> None:
    """Write the graph with its metadata: numbers with seven digits, as single precision has."""
    texts = {name: f"{v:.7g}" if isinstance(v, float) else str(v) for name, v in told.items()}
    helper.set_model_props(proto, texts)
    onnx.save(proto, path)


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
    differences = [
        np.abs(generator.decode(latent[rows], told[rows]) - expected[rows]).max()
        for size in BATCHES
        for rows in runs(len(told), size)
    ]
    worst = float(np.max(differences))
    if not worst < TOLERANCE:
        raise ModelError(f"ONNX Runtime differs from JAX by {worst:g} in a cell. Report this.")
    return worst


def _decode(vae: VAE, latent: Floats, told: Floats) -> Floats:
    """The trained decoder itself, shape (showers, r, phi, z), in float32 on accelerators as well."""
    inputs = jnp.asarray(np.concatenate([latent, told], axis=1))
    with jax.default_matmul_precision("highest"):
        cells = jax.nn.sigmoid(vae.decode(inputs, batch=False)[0])
    return np.asarray(cells).reshape(-1, *vae.mesh.shape)


def to_onnx(vae: VAE) -> onnx.ModelProto:
    """Write the decoder as a graph of as many dense layers as it has.

    The sigmoid is written out as 1 / (1 + exp(-x)). ONNX Runtime's own is good to 1e-7 of 1, and 0 below
    1.5e-8: of a TeV that is 0.1 MeV, where Par04 keeps cells from 0.0005 MeV on. Written out, cells are good
    to 1e-7 of themselves, for 6 microseconds.
    """
    graph = onnx.GraphProto(name="decoder")
    graph.input.append(_described(INPUT, vae.latent_dim + CONDITIONS))
    graph.output.append(_described(OUTPUT, vae.mesh.cells))
    x = INPUT
    for number, block in enumerate(vae.decoder):
        name = f"block{number}"
        x = _dense(graph, block.dense, x, name)
        x = _node(graph, "LeakyRelu", x, f"{name}_leaky", alpha=LEAK)
        parts = [(f"{name}_{part}", getattr(block, part)) for part in ("scale", "shift", "mean", "variance")]
        x = _node(graph, "BatchNormalization", x, f"{name}_normal", *parts, epsilon=EPSILON)
    x = _dense(graph, vae.output, x, "output")
    x = _node(graph, "Neg", x, "output_negative")
    x = _node(graph, "Exp", x, "output_exponential")
    x = _node(graph, "Add", x, "output_inverse", ("one", np.ones(1, dtype=np.float32)))
    _node(graph, "Reciprocal", x, OUTPUT)
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="training.export",
    )


def _described(name: str, size: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])


def _dense(graph: onnx.GraphProto, dense: Dense, source: str, name: str) -> str:
    weights = (f"{name}_kernel", dense.kernel), (f"{name}_bias", dense.bias)
    return _node(graph, "Gemm", source, f"{name}_dense", *weights)


def _node(
    graph: onnx.GraphProto,
    kind: str,
    source: str,
    name: str,
    *tensors: tuple[str, jax.Array | Floats],
    **attributes: Any,
) -> str:
    """Add a node, and the tensors that it takes behind its source; return its name, which its output has."""
    graph.initializer.extend(numpy_helper.from_array(np.asarray(values), each) for each, values in tensors)
    inputs = [source, *(each for each, _ in tensors)]
    graph.node.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
    return name


def main() -> int:
    """Export from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder that training.train wrote")
    parser.add_argument("--destination", type=Path, required=True, help=f"folder for {FILE_NAME}")
    options = parser.parse_args()
    return answer(lambda: export(options.model, options.destination))


if __name__ == "__main__":
    sys.exit(main())

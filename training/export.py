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
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.command import answer
from training.errors import ModelError
from training.geometry import GEOMETRIES, Mesh, geometry_named
from training.par04.facts import GEOMETRY, MACRO, Facts, facts, macro
from training.par04.geant4 import Par04
from training.par04.generator import FILE_NAME, Generator, ms_per_shower
from training.par04.inference import verify
from training.scaling import CONDITIONS, Floats, conditions
from training.vae import checkpoint
from training.vae.model import EPSILON, LEAK, VAE, Architecture, Block, Dense

# A step of a pipeline logs at INFO, where JAX tells which accelerators this machine does not have.
logging.getLogger("jax").setLevel(logging.WARNING)

OPSET = 13
IR_VERSION = 8
"""Both old enough for ONNX Runtime 1.11, the oldest that Par04's README names; it knows opset 16."""
INPUT, OUTPUT = "input", "cells"
WRITTEN = (FILE_NAME, MACRO, checkpoint.CURVES)
MODELS = "MLModels"
"""Where Par04's own macros look for a model, from where the example runs."""
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
    vae, architecture = checkpoint.load(model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = _write(vae, architecture, folder)
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
        Par04(path, mesh, geometry_named(GEOMETRY)),
        lambda latent, conditions: _decode(vae, latent, conditions).reshape(-1, *mesh.shape),
        architecture.latent_dim,
    )
    _save(proto, path, told)
    (folder / MACRO).write_text(macro(architecture.latent_dim, mesh, f"{MODELS}/{FILE_NAME}"))
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


def to_onnx(vae: VAE, architecture: Architecture) -> onnx.ModelProto:
    """Write the decoder as a graph of as many dense layers as it has."""
    graph = _Graph()
    name = INPUT
    for number, block in enumerate(vae.decoder.blocks):
        name = graph.block(block, name, f"block{number}")
    graph.sigmoid(graph.dense(vae.output, name, "output"))
    inputs = _described(INPUT, architecture.latent_dim + CONDITIONS)
    outputs = _described(OUTPUT, architecture.cells)
    return helper.make_model(
        helper.make_graph(graph.nodes, "decoder", inputs, outputs, graph.tensors),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="training.export",
    )


def _described(name: str, size: int) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])]


class _Graph:
    """Nodes and tensors while they are added; each method returns the name of what its last node computes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def block(self, block: Block, source: str, name: str) -> str:
        leaky = self._node("LeakyRelu", [self.dense(block.dense, source, name)], f"{name}_leaky", alpha=LEAK)
        parts = {"scale": block.scale, "shift": block.shift, "mean": block.mean, "variance": block.variance}
        inputs = [leaky, *(self._tensor(f"{name}_{part}", values) for part, values in parts.items())]
        return self._node("BatchNormalization", inputs, f"{name}_normal", epsilon=EPSILON)

    def dense(self, dense: Dense, source: str, name: str) -> str:
        weights = [
            self._tensor(f"{name}_kernel", dense.kernel),
            self._tensor(f"{name}_bias", dense.bias),
        ]
        return self._node("Gemm", [source, *weights], f"{name}_dense")

    def sigmoid(self, source: str) -> str:
        """Write 1 / (1 + exp(-x)) out.

        ONNX Runtime's own Sigmoid is good to 1e-7 of 1, and 0 below 1.5e-8: of a TeV that is 0.1 MeV, where
        Par04 keeps cells from 0.0005 MeV on. Written out, cells are good to 1e-7 of themselves, for 6
        microseconds.
        """
        negative = self._node("Neg", [source], "output_negative")
        exponential = self._node("Exp", [negative], "output_exponential")
        one = self._tensor("one", np.ones(1, dtype=np.float32))
        inverse = self._node("Add", [exponential, one], "output_inverse")
        return self._node("Reciprocal", [inverse], OUTPUT)

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def _tensor(self, name: str, values: jax.Array | Floats) -> str:
        self.tensors.append(numpy_helper.from_array(np.asarray(values), name))
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

# SPDX-License-Identifier: Apache-2.0
"""Turns a trained decoder into the ONNX file that Geant4's example Par04 loads.

Par04's inference feeds one tensor under the name of the graph's last input, so the graph has one input:
latent numbers, energy / Emax, angle / Amax, geometry (2). It returns the cells' fractions of the incident
energy in the order r, phi, z, which Par04 multiplies by that energy. The graph is written node by node, in
milliseconds; tracing a decoder of 40,500 cells by jax2onnx takes 11 s.

    python -m training.export --model model --destination exported
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from training.command import answer
from training.errors import ModelError
from training.geometry import Mesh
from training.par04.generator import FILE_NAME
from training.scaling import CONDITIONS, MAX_ANGLE_DEG, MAX_ENERGY_GEV
from training.vae import checkpoint
from training.vae.model import EPSILON, LEAK, VAE, Architecture, Block, Dense

# A step of a pipeline logs at INFO, where JAX tells which accelerators this machine does not have.
logging.getLogger("jax").setLevel(logging.WARNING)

OPSET = 13
IR_VERSION = 8
"""Both old enough for ONNX Runtime 1.11, the oldest that Par04's README names."""
CHECKED_SHOWERS = 64
TOLERANCE = 1e-5
"""Of one cell's fraction; measured: about 1e-7."""


def export(model: Path, destination: Path) -> dict[str, str | int | float]:
    """Export the decoder of a trained model and check it against JAX.

    Args:
        model: The folder that a training wrote.
        destination: A folder for ``Generator.onnx``; made if it is missing.

    Returns:
        Metadata for an artifact: framework, signature, scales, and the largest difference to JAX.

    Raises:
        ModelError: The model is missing or damaged, or ONNX Runtime computes something else than JAX.
    """
    vae, architecture = checkpoint.load(Path(model))
    facts = _facts(architecture)
    proto = to_onnx(vae, architecture)
    helper.set_model_props(proto, {name: str(value) for name, value in facts.items()})
    onnx.checker.check_model(proto)
    destination = Path(destination)
    destination.mkdir(parents=True, exist_ok=True)
    path = destination / FILE_NAME
    onnx.save(proto, path)
    difference = _difference_to_jax(vae, architecture, path)
    if not difference < TOLERANCE:
        raise ModelError(f"{path}: differs from JAX by {difference:g} in a cell. Report this; do not use it.")
    return {**facts, "file": FILE_NAME, "opset": OPSET, "max_difference_to_jax": difference}


def to_onnx(vae: VAE, architecture: Architecture) -> onnx.ModelProto:
    """Write the decoder as a graph of dense layers."""
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    name = "input"
    for number, block in enumerate(vae.decoder.blocks):
        name = _add_block(nodes, tensors, block, name, f"block{number}")
    _add_dense(nodes, tensors, vae.output, name, "output")
    nodes.append(helper.make_node("Sigmoid", ["output_dense"], ["cells"]))
    size = architecture.latent_dim + CONDITIONS
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", size])],
        [helper.make_tensor_value_info("cells", TensorProto.FLOAT, ["batch", architecture.cells])],
        tensors,
    )
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="training.export"
    )


def _add_block(
    nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], block: Block, source: str, name: str
) -> str:
    _add_dense(nodes, tensors, block.dense, source, name)
    nodes.append(helper.make_node("LeakyRelu", [f"{name}_dense"], [f"{name}_leaky"], alpha=LEAK))
    parts = {"scale": block.scale, "shift": block.shift, "mean": block.mean, "variance": block.variance}
    inputs = [f"{name}_leaky", *(_add_tensor(tensors, f"{name}_{part}", a) for part, a in parts.items())]
    nodes.append(helper.make_node("BatchNormalization", inputs, [f"{name}_normal"], epsilon=EPSILON))
    return f"{name}_normal"


def _add_dense(
    nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], dense: Dense, source: str, name: str
) -> None:
    kernel = _add_tensor(tensors, f"{name}_kernel", dense.kernel)
    bias = _add_tensor(tensors, f"{name}_bias", dense.bias)
    nodes.append(helper.make_node("Gemm", [source, kernel, bias], [f"{name}_dense"]))


def _add_tensor(tensors: list[onnx.TensorProto], name: str, values: jax.Array) -> str:
    tensors.append(numpy_helper.from_array(np.asarray(values), name))
    return name


def _facts(architecture: Architecture) -> dict[str, str | int | float]:
    size = architecture.latent_dim + CONDITIONS
    return {
        "framework": "onnx",
        "signature": f"input[batch,{size}] -> cells[batch,{architecture.cells}]",
        "input": f"{architecture.latent_dim} latent, energy/{MAX_ENERGY_GEV:g} GeV, "
        f"angle/{MAX_ANGLE_DEG:g} deg, geometry SciPb [1,0] or SiW [0,1]",
        "output": "cell energy / incident energy, order r, phi, z",
        "mesh": str(Mesh(*architecture.mesh)),
        "latent_dim": architecture.latent_dim,
    }


def _difference_to_jax(vae: VAE, architecture: Architecture, path: Path) -> float:
    size = architecture.latent_dim + CONDITIONS
    inputs = np.random.default_rng(0).standard_normal((CHECKED_SHOWERS, size), dtype=np.float32)
    inputs[:, architecture.latent_dim :] = np.abs(inputs[:, architecture.latent_dim :]) % 1.0
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (cells,) = session.run(["cells"], {"input": inputs})
    expected = jax.nn.sigmoid(vae.decode(jnp.asarray(inputs), batch=False)[0])
    return float(np.max(np.abs(cells - np.asarray(expected))))


def main() -> int:
    """Export from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder that training.train wrote")
    parser.add_argument("--destination", type=Path, required=True, help=f"folder for {FILE_NAME}")
    options = parser.parse_args()
    return answer(lambda: export(options.model, options.destination))


if __name__ == "__main__":
    sys.exit(main())

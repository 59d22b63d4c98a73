# SPDX-License-Identifier: Apache-2.0
"""Writes a trained decoder as an ONNX graph, node by node, in milliseconds.

Par04's inference feeds one tensor under the name of the graph's last input, so the graph has one input:
latent numbers, energy / Emax, angle / Amax, geometry (2). It returns the cells' fractions of the incident
energy in the order r, phi, z, which Par04 multiplies by that energy. Tracing a decoder of 40,500 cells by
jax2onnx takes 11 s.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.scaling import CONDITIONS
from training.vae.model import EPSILON, LEAK, VAE, Architecture, Block, Dense

OPSET = 13
IR_VERSION = 8
"""Both old enough for ONNX Runtime 1.11, the oldest that Par04's README names; it knows opset 16."""
INPUT = "input"
OUTPUT = "cells"
LAST_DENSE = "output_dense"
"""The node that holds nearly all weights: it makes the cells from the last hidden layer."""


def to_onnx(vae: VAE, architecture: Architecture) -> onnx.ModelProto:
    """Write the decoder as a graph of as many dense layers as it has."""
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    name = INPUT
    for number, block in enumerate(vae.decoder.blocks):
        name = _add_block(nodes, tensors, block, name, f"block{number}")
    _add_dense(nodes, tensors, vae.output, name, "output")
    _add_sigmoid(nodes, tensors)
    size = architecture.latent_dim + CONDITIONS
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", size])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", architecture.cells])],
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
    nodes.append(_node("LeakyRelu", [f"{name}_dense"], f"{name}_leaky", alpha=LEAK))
    parts = {"scale": block.scale, "shift": block.shift, "mean": block.mean, "variance": block.variance}
    inputs = [f"{name}_leaky", *(_add_tensor(tensors, f"{name}_{part}", a) for part, a in parts.items())]
    nodes.append(_node("BatchNormalization", inputs, f"{name}_normal", epsilon=EPSILON))
    return f"{name}_normal"


def _add_dense(
    nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto], dense: Dense, source: str, name: str
) -> None:
    kernel = _add_tensor(tensors, f"{name}_kernel", dense.kernel)
    bias = _add_tensor(tensors, f"{name}_bias", dense.bias)
    nodes.append(_node("Gemm", [source, kernel, bias], f"{name}_dense"))


def _add_sigmoid(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> None:
    """Write 1 / (1 + exp(-x)) out.

    ONNX Runtime's own Sigmoid is good to 1e-7 of 1, and 0 below 1.5e-8: of a TeV that is 0.1 MeV, where Par04
    keeps cells from 0.0005 MeV on. Written out, cells are good to 1e-7 of themselves, for 6 microseconds.
    """
    one = "one"
    tensors.append(numpy_helper.from_array(np.ones(1, dtype=np.float32), one))
    nodes.append(_node("Neg", [LAST_DENSE], "output_negative"))
    nodes.append(_node("Exp", ["output_negative"], "output_exponential"))
    nodes.append(_node("Add", ["output_exponential", one], "output_inverse"))
    nodes.append(_node("Reciprocal", ["output_inverse"], OUTPUT))


def _node(kind: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    """A node is named as what it computes, so that the int8 variant can name the one it changes."""
    return helper.make_node(kind, inputs, [output], name=output, **attributes)


def _add_tensor(tensors: list[onnx.TensorProto], name: str, values: jax.Array) -> str:
    tensors.append(numpy_helper.from_array(np.asarray(values), name))
    return name

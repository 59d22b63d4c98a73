# SPDX-License-Identifier: Apache-2.0
"""Exports that are wrong in the ways that public pipelines are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tests.training.par04.conftest import LATENT, MESH

ENERGY = [LATENT]


def scaled_twice(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Cells in MeV, which Par04 multiplies by the energy once more."""
    graph = proto.graph
    graph.initializer.append(numpy_helper.from_array(np.array(ENERGY), "energy_column"))
    graph.initializer.append(numpy_helper.from_array(np.array([1024000.0], np.float32), "most"))
    graph.node[-1].output[0] = "fractions"
    graph.node.append(helper.make_node("Gather", ["input", "energy_column"], ["energy"], axis=1))
    graph.node.append(helper.make_node("Mul", ["energy", "most"], ["energy_mev"]))
    graph.node.append(helper.make_node("Mul", ["fractions", "energy_mev"], ["cells"]))
    return proto


def transposed(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Cells in the order z, phi, r."""
    graph = proto.graph
    graph.initializer.append(numpy_helper.from_array(np.array([-1, *MESH.shape]), "r_phi_z"))
    graph.initializer.append(numpy_helper.from_array(np.array([-1, MESH.cells]), "flat"))
    graph.node[-1].output[0] = "in_order"
    graph.node.append(helper.make_node("Reshape", ["in_order", "r_phi_z"], ["cube"]))
    graph.node.append(helper.make_node("Transpose", ["cube"], ["turned"], perm=[0, 3, 2, 1]))
    graph.node.append(helper.make_node("Reshape", ["turned", "flat"], ["cells"]))
    return proto


def flags_swapped(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Takes [1, 0] for SiW."""
    return _reordered(proto, [*range(LATENT + 2), LATENT + 3, LATENT + 2])


def angle_is_the_energy(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Reads the energy where the angle stands, as Par04's own preprocessing does."""
    return _reordered(proto, [*range(LATENT + 1), *ENERGY, LATENT + 2, LATENT + 3])


def _reordered(proto: onnx.ModelProto, columns: Sequence[int]) -> onnx.ModelProto:
    graph = proto.graph
    graph.initializer.append(numpy_helper.from_array(np.array(columns), "columns"))
    graph.node[0].input[0] = "reordered"
    graph.node.insert(0, helper.make_node("Gather", ["input", "columns"], ["reordered"], axis=1))
    return proto

# SPDX-License-Identifier: Apache-2.0
"""The graph computes what the decoder computes, whatever its layers are."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
import pytest

from training.export import to_onnx
from training.geometry import Mesh
from training.vae.model import VAE


@pytest.mark.parametrize("hidden", [(5,), (9, 8, 7), (100, 50, 20, 14)], ids=str)
def test_any_number_and_width_of_layers(hidden: tuple[int, ...]) -> None:
    """The decoder's layers are the encoder's in reverse."""
    vae = VAE(Mesh(2, 3, 4), 6, hidden, seed=1)
    proto = to_onnx(vae)
    onnx.checker.check_model(proto, full_check=True)
    inputs = np.random.default_rng(0).standard_normal((8, 10)).astype(np.float32)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (cells,) = session.run(None, {"input": inputs})
    assert cells == pytest.approx(
        np.asarray(jax.nn.sigmoid(vae.decode(jnp.asarray(inputs), False)[0])), abs=1e-6
    )
    assert sum(node.op_type == "Gemm" for node in proto.graph.node) == len(hidden) + 1


def test_small_cells_are_good_to_their_own_last_digits() -> None:
    """At 1 TeV a hit of 0.0005 MeV is 5e-10 of the energy; ONNX Runtime's own Sigmoid is 0 below 1.5e-8."""
    logits = np.linspace(-40.0, 3.0, 30)
    proto = to_onnx(VAE(Mesh(1, 1, 30), 1, (2,), seed=0))
    (bias,) = [tensor for tensor in proto.graph.initializer if tensor.name == "output_bias"]
    bias.CopyFrom(onnx.numpy_helper.from_array(logits.astype(np.float32), "output_bias"))
    (kernel,) = [tensor for tensor in proto.graph.initializer if tensor.name == "output_kernel"]
    kernel.CopyFrom(onnx.numpy_helper.from_array(np.zeros((2, 30), dtype=np.float32), "output_kernel"))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (cells,) = session.run(None, {"input": np.zeros((1, 5), dtype=np.float32)})
    expected = 1.0 / (1.0 + np.exp(-logits.astype(np.float32).astype(np.float64)))
    assert cells[0] == pytest.approx(expected, rel=1e-6, abs=0.0)

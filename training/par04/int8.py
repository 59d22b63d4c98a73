# SPDX-License-Identifier: Apache-2.0
"""The exported model with 8-bit weights: a fourth of the size, twice as fast shower by shower, and its loss.

Only the last layer is turned into 8 bits: it holds 99 % of the weights, and rounding the narrow layers before
it loses three times as much. Scales are per cell of the output. Activations are scaled as they come
(dynamic): static ranges lose more, and written as QuantizeLinear/DequantizeLinear pairs they take 20 times as
long as float32 without the graph optimisations, which Par04's macros switch off. Weights use 7 of the 8 bits
(reduce_range): CPUs without VNNI saturate the sums of 8, and the physics would depend on the CPU.
`benchmarks/export.py` measures these ways side by side.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

from training.geometry import GEOMETRIES, geometry_named
from training.par04.geant4 import Array
from training.par04.generator import Generator
from training.physics.distance import physics_distance
from training.physics.observables import observables
from training.point import Point
from training.scaling import Floats, conditions

FILE_NAME = "Generator.int8.onnx"
POINTS = tuple(
    Point(name, angle, energy)
    for name in GEOMETRIES
    for angle in (50.0, 90.0)
    for energy in (1.0, 64.0, 1024.0)
)
"""The ends and the middle of the published showers' conditions."""
SHOWERS_PER_POINT = 50


def write_int8(model: Path, destination: Path, layer: str) -> None:
    """Write the model with 8-bit weights in one dense layer."""
    proto = onnx.load(model)
    # The library logs a hint unless shapes were inferred and constants folded before; these have nothing to.
    add_pre_process_metadata(proto)
    with _quietly():
        # It turns Gemm into MatMul and Add, and names the MatMul so.
        quantize_dynamic(
            proto,
            destination,
            nodes_to_quantize=[f"{layer}_MatMul"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )


@contextmanager
def _quietly() -> Iterator[None]:
    """The library logs to the root logger each activation without a static range, which is all of them."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(max(before, logging.WARNING))
    try:
        yield
    finally:
        root.setLevel(before)


def loss(full: Generator, small: Generator) -> dict[str, float]:
    """Compare showers of the same latent numbers from both models.

    Returns:
        ``int8_max_cell_difference``: of one cell's fraction of the incident energy.
        ``int8_energy_change`` and ``int8_energy_change_worst``: relative change of a shower's energy sum, as
        mean and as largest absolute value. ``int8_physics_distance``: `training.physics.distance` of the two.
    """
    of_full: dict[Point, dict[str, Array]] = {}
    of_small: dict[Point, dict[str, Array]] = {}
    cell, changes = 0.0, []
    for point in POINTS:
        before, after = _draw(full, point), _draw(small, point)
        cell = max(cell, float(np.abs(after - before).max()))
        geometry = geometry_named(point.geometry)
        of_full[point] = observables(before, geometry, full.mesh)
        of_small[point] = observables(after, geometry, full.mesh)
        changes.append(of_small[point]["energy"] / of_full[point]["energy"] - 1.0)
    change = np.concatenate(changes)
    return {
        "int8_max_cell_difference": cell,
        "int8_energy_change": float(change.mean()),
        "int8_energy_change_worst": float(np.abs(change).max()),
        "int8_physics_distance": physics_distance(of_full, of_small),
    }


def _draw(generator: Generator, point: Point) -> Floats:
    """Draw showers one at a time, as Par04 does: dynamic ranges are those of a whole batch."""
    told = conditions(point.geometry, np.full(SHOWERS_PER_POINT, point.energy_gev), point.angle_deg)
    random = np.random.default_rng(0)
    return np.concatenate([generator.draw(row[None], random) for row in told])

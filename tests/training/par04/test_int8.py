# SPDX-License-Identifier: Apache-2.0
"""The variant with 8-bit weights is smaller, is the same model, and says what it lost."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.training.par04.conftest import Exported
from training.geometry import SIW
from training.par04.deposits import compare
from training.par04.geant4 import Par04
from training.par04.generator import Generator
from training.par04.graph import IR_VERSION, LAST_DENSE, OPSET
from training.par04.int8 import loss, write_int8
from training.point import Point

LOSSES = (
    "int8_max_cell_difference",
    "int8_energy_change",
    "int8_energy_change_worst",
    "int8_physics_distance",
)


def test_only_the_last_layer_has_eight_bits(made: Exported) -> None:
    """Its kernel of 12 x 180 cells; the narrow layers before it stay as they are."""
    proto = onnx.load(made.folder / "Generator.int8.onnx")
    eight = [list(t.dims) for t in proto.graph.initializer if t.data_type == onnx.TensorProto.INT8]
    assert [12, 180] in eight
    assert [3 + 4, 7] not in eight


def test_weights_use_seven_bits(made: Exported) -> None:
    """So that a CPU without VNNI sums them without saturation."""
    proto = onnx.load(made.folder / "Generator.int8.onnx")
    (kernel,) = [t for t in proto.graph.initializer if list(t.dims) == [12, 180]]
    assert np.abs(onnx.numpy_helper.to_array(kernel).astype(int)).max() <= 64


def test_the_librarys_own_log_is_not_the_users(
    made: Exported, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It has a line about every activation; what others log stands as before."""
    with caplog.at_level(logging.INFO):
        write_int8(made.folder / "Generator.onnx", tmp_path / "small.onnx", LAST_DENSE)
        logging.getLogger("training").info("written")
    assert caplog.messages == ["written"]


def test_an_old_onnx_runtime_can_load_it(made: Exported) -> None:
    """Operators of ONNX itself, of the same version."""
    proto = onnx.load(made.folder / "Generator.int8.onnx")
    assert [(entry.domain, entry.version) for entry in proto.opset_import] == [("", OPSET)]
    assert {node.domain for node in proto.graph.node} <= {"", "ai.onnx"}
    assert proto.ir_version <= IR_VERSION


def test_its_loss_is_told_by_the_file_and_by_the_export(made: Exported) -> None:
    """The same numbers, measured again."""
    full, small = Generator(made.folder), Generator(made.folder / "Generator.int8.onnx")
    measured = loss(full, small)
    assert tuple(measured) == LOSSES
    assert {name: made.told[name] for name in LOSSES} == pytest.approx(measured)
    assert {name: float(small.facts[name]) for name in LOSSES} == pytest.approx(measured)


def test_its_loss_is_small(made: Exported) -> None:
    """Energy sums to 1 % for each shower, and a tenth of a spread apart at most."""
    assert 0.0 < float(made.told["int8_max_cell_difference"]) < 0.01
    assert float(made.told["int8_energy_change_worst"]) < 0.01
    assert float(made.told["int8_physics_distance"]) < 0.1


def test_a_model_loses_nothing_against_itself(made: Exported) -> None:
    """All differences are 0."""
    assert loss(Generator(made.folder), Generator(made.folder)) == dict.fromkeys(LOSSES, 0.0)


def test_par04_can_use_it(made: Exported) -> None:
    """Fed as the other one; sums in MeV to 1 %."""
    small = Par04(made.folder / "Generator.int8.onnx", Generator(made.folder).mesh, SIW)
    latent = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32)
    theirs, ours = compare(small, made.decode, Point("SiW", 70.0, 64.0), latent)
    assert theirs.sum_mev == pytest.approx(ours.sum_mev, rel=0.01)

# SPDX-License-Identifier: Apache-2.0
"""One scaling for every stage: what training sees is what the exported model is given, and MeV come back."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import training
from training.data import layout
from training.data.dataset import load
from training.par04.generator import Generator
from training.point import Point
from training.scaling import conditions, to_fractions, to_mev


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (Point("SciPb", 90.0, 1024.0), [1.0, 1.0, 1.0, 0.0]),
        (Point("SiW", 45.0, 512.0), [0.5, 0.5, 0.0, 1.0]),
        (Point("SiW", 50.0, 1.0), [1 / 1024, 50 / 90, 0.0, 1.0]),
    ],
    ids=str,
)
def test_conditions_are_those_of_par04(point: Point, expected: list[float]) -> None:
    """E / 1024 GeV, angle / 90 degrees (not the energy again), SciPb [1, 0], SiW [0, 1]."""
    told = conditions(point.geometry, point.energy_gev, point.angle_deg)
    assert told == pytest.approx(np.array(expected), rel=1e-6)


def test_cells_are_fractions_of_the_incident_energy() -> None:
    """640 MeV of 64 GeV are 1 %, and back."""
    fractions = to_fractions(np.array([640.0], dtype=np.float32), 64.0)
    assert fractions == pytest.approx(np.array([0.01]))
    assert to_mev(fractions, 64.0) == pytest.approx(np.array([640.0]))


def test_training_scales_each_shower_by_its_own_energy(dataset: Path) -> None:
    """Whatever the energy, a shower's fractions sum to about one."""
    sums = load(dataset, validation=0.1).training.cells.sum(axis=1)
    assert 0.5 < sums.min() <= sums.max() < 1.5


def test_the_exported_model_is_told_what_training_was_told(dataset: Path, tmp_path: Path) -> None:
    """A model that answers with its conditions gives, scaled as cells are, those of the training's arrays."""
    split = load(dataset, validation=0.1)
    generator = Generator(_echo(tmp_path))
    for point in layout.points(dataset):
        cells = generator.draw(point, 1, np.random.default_rng(0)).reshape(1, 4)
        told = to_fractions(cells, point.energy_gev)[0]
        assert any(np.allclose(told, row) for row in np.unique(split.training.conditions, axis=0)), point


def test_no_other_module_scales() -> None:
    """The scales' names stand in scaling.py, and in export.py, which states them in its metadata."""
    root = Path(training.__file__).parent
    users = {
        path.name
        for path in root.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id in ("MAX_ENERGY_GEV", "MAX_ANGLE_DEG")
    }
    numbers = {
        path.name
        for path in root.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == 1024
    }
    assert users == {"scaling.py", "export.py"}
    assert numbers == {"scaling.py"}


def _echo(folder: Path) -> Path:
    """An ONNX model of mesh 1x1x4 that returns its four conditions."""
    bounds = [
        helper.make_tensor(n, TensorProto.INT64, [1], [v]) for n, v in (("from", 10), ("to", 14), ("axis", 1))
    ]
    graph = helper.make_graph(
        [helper.make_node("Slice", ["input", "from", "to", "axis"], ["cells"])],
        "echo",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 14])],
        [helper.make_tensor_value_info("cells", TensorProto.FLOAT, ["batch", 4])],
        bounds,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"mesh": "1x1x4", "latent_dim": "10"})
    onnx.save(model, folder / "Generator.onnx")
    return folder

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
from training.data.dataset import open_part
from training.data.declaration import PARTS
from training.evaluate import compare
from training.geometry import SIW, Mesh, Point
from training.par04.geant4 import Par04, Particle
from training.par04.generator import Generator
from training.scaling import MEV_PER_GEV, Floats, conditions, to_fractions, to_mev
from training.vae.feed import Sources, feed


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
    (told,) = conditions(point.geometry, point.energy_gev, point.angle_deg)
    assert told == pytest.approx(np.array(expected), rel=1e-6)


def test_cells_are_fractions_of_the_incident_energy() -> None:
    """640 MeV of 64 GeV are 1 %, and back; each shower by its own energy."""
    fractions = to_fractions(np.array([[640.0], [640.0]], dtype=np.float32), np.array([64.0, 6.4]))
    assert fractions.ravel() == pytest.approx([0.01, 0.1])
    assert to_mev(fractions, np.array([64.0, 6.4])).ravel() == pytest.approx([640.0, 640.0])


def told_to_training(dataset: Path) -> set[tuple[float, ...]]:
    """The conditions that showers to learn from come with."""
    part = open_part(dataset, PARTS[0])
    return {tuple(row) for chunk in feed(Sources(part, part), 0)(1, 0) for row in chunk.conditions}


def test_training_scales_each_shower_by_its_own_energy(dataset: Path) -> None:
    """Whatever the energy, a shower's fractions sum to about one."""
    part = open_part(dataset, PARTS[0])
    (chunk,) = feed(Sources(part, part), 0)(1, 0)
    sums = chunk.cells.sum(axis=1)
    assert 0.5 < sums.min() <= sums.max() < 1.5


def test_evaluation_tells_the_exported_model_what_training_was_told(dataset: Path, exported: Path) -> None:
    """The same numbers, to the last bit, for every point."""

    class Listening(Generator):
        def draw(self, conditions: Floats, random: np.random.Generator) -> Floats:
            heard.extend(map(tuple, conditions))
            return super().draw(conditions, random)

    heard: list[tuple[float, ...]] = []
    compare(Listening(exported), dataset)
    assert set(heard) == told_to_training(dataset)
    assert len(told_to_training(dataset)) == 8


def test_geant4_tells_the_exported_model_what_training_was_told(tmp_path: Path) -> None:
    """Par04 has its own scales compiled in: an export is of use only where they are ours."""
    par04 = Par04(_echo(tmp_path) / "Generator.onnx", Mesh(1, 1, 4), SIW)
    for energy, angle in ((1.0, 50.0), (64.0, 90.0), (1024.0, 70.0)):
        particle = Particle(energy * MEV_PER_GEV, float(np.deg2rad(angle)))
        heard = par04.energies(np.zeros(10, dtype=np.float32), particle) / particle.energy_mev
        assert heard == pytest.approx(conditions("SiW", energy, angle)[0], rel=1e-6)


def test_no_other_module_scales() -> None:
    """The scales stand in scaling.py; the export states them, and Geant4's own are in its replay alone."""
    root = Path(training.__file__).parent
    trees = {str(path.relative_to(root)): ast.parse(path.read_text()) for path in root.rglob("*.py")}
    used = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in ("MAX_ENERGY_GEV", "MAX_ANGLE_DEG")
    }
    divide = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult)
        for side in (node.left, node.right)
        if isinstance(side, ast.Constant) and side.value in (1024.0, 1024000.0, 90.0)
    }
    assert used == {"scaling.py", "par04/facts.py", "par04/generator.py", "par04/geant4.py"}
    assert divide == {"par04/generator.py"}  # kibibytes


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
    onnx.save(model, folder / "Generator.onnx")
    return folder

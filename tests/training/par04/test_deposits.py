# SPDX-License-Identifier: Apache-2.0
"""What Par04 deposits is what the model means; an export that is wrong does not pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.training.par04 import broken
from tests.training.par04.conftest import LATENT, MESH, Exported
from training import geometry
from training.errors import ModelError
from training.geometry import SCIPB, SIW, Point
from training.par04.geant4 import Par04
from training.par04.generator import Generator
from training.par04.inference import compare, verify
from training.scaling import Floats

POINT = Point("SiW", 70.0, 64.0)
REFUSED = (
    r"SiW, 1 GeV, 50 degrees: Par04 would deposit [\d.e+]+ MeV, the model means [\d.e+]+ MeV; "
    r"cell \(\d, \d, \d\) \(r, phi, z\) would get [\d.e+-]+ MeV in place of [\d.e+-]+ MeV\. Export the model"
)


def latent(count: int) -> Floats:
    """Draw latent numbers."""
    return np.random.default_rng(1).standard_normal((count, LATENT)).astype(np.float32)


def test_par04_deposits_what_was_trained(made: Exported) -> None:
    """MeV in every cell, for showers of the same latent numbers."""
    theirs, ours = compare(Par04(made.path, MESH, SIW), made.decode, POINT, latent(20))
    assert theirs.shape == (20, *MESH.shape)
    assert theirs == pytest.approx(ours, rel=1e-4, abs=1e-3)


def test_our_generator_gives_the_same(made: Exported) -> None:
    """What the evaluation judges is what Geant4 gets."""
    theirs, ours = compare(Par04(made.path, MESH, SIW), Generator(made.folder).decode, POINT, latent(20))
    assert theirs == pytest.approx(ours, rel=1e-4, abs=1e-3)


def test_deposits_are_megaelectronvolts(made: Exported) -> None:
    """The sum of fractions times 64,000, written out."""
    numbers = latent(1)
    theirs, _ = compare(Par04(made.path, MESH, SIW), made.decode, POINT, numbers)
    told = np.array([[64 / 1024, 70 / 90, 0.0, 1.0]], dtype=np.float32)
    assert theirs.sum() == pytest.approx(made.decode(numbers, told).sum() * 64_000.0, rel=1e-4)


@pytest.mark.parametrize(
    "change",
    [broken.scaled_twice, broken.transposed, broken.flags_swapped, broken.angle_is_the_energy],
    ids=lambda change: change.__name__,
)
def test_a_wrong_export_is_refused(
    change: Callable[[onnx.ModelProto], onnx.ModelProto], made: Exported, tmp_path: Path
) -> None:
    """Energies scaled twice, cells in another order, flags of the other calorimeter, an angle never seen."""
    onnx.save(change(made.proto), tmp_path / "wrong.onnx")
    with pytest.raises(ModelError, match=REFUSED):
        verify(Par04(tmp_path / "wrong.onnx", MESH, SIW), made.decode, LATENT)


@pytest.mark.parametrize("move", [(0, 1), (1, 2), (2, 1)], ids=["r", "phi", "z"])
def test_cells_one_place_off_are_noticed(made: Exported, move: tuple[int, int]) -> None:
    """In depth, around the axis or away from it; the sum is the same."""

    def moved(latent: Floats, conditions: Floats) -> Floats:
        return np.roll(made.decode(latent, conditions), move[1], axis=move[0] + 1)

    with pytest.raises(ModelError, match=REFUSED) as refused:
        verify(Par04(made.path, MESH, SIW), moved, LATENT)
    would, means = re.findall(r"([\d.]+) MeV[,;]", str(refused.value))
    assert float(would) == pytest.approx(float(means), rel=1e-5)


def test_the_right_export_is_not_refused(made: Exported) -> None:
    """The same check on the file as it was written."""
    verify(Par04(made.path, MESH, SIW), made.decode, LATENT)


def test_flags_in_another_order_are_noticed(made: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model trained with [1, 0] for SiW would be asked for the other calorimeter."""
    monkeypatch.setitem(geometry.GEOMETRIES, "SiW", replace(SIW, one_hot=SCIPB.one_hot))
    with pytest.raises(ModelError, match=REFUSED):
        verify(Par04(made.path, MESH, SIW), made.decode, LATENT)


def test_cells_of_the_other_calorimeter_are_noticed(made: Exported) -> None:
    """With SciPb's cell sizes in the macro, showers would lie elsewhere."""
    with pytest.raises(ModelError, match=REFUSED):
        verify(Par04(made.path, MESH, SCIPB), made.decode, LATENT)


def test_a_model_without_deposits_is_no_disagreement(made: Exported, tmp_path: Path) -> None:
    """All cells below the threshold: both say nothing, and nothing is divided by it."""
    proto = made.proto
    (bias,) = [tensor for tensor in proto.graph.initializer if tensor.name == "output_bias"]
    dark = np.full(MESH.cells, -60.0, dtype=np.float32)
    bias.CopyFrom(onnx.numpy_helper.from_array(dark, "output_bias"))
    onnx.save(proto, tmp_path / "dark.onnx")
    verify(Par04(tmp_path / "dark.onnx", MESH, SIW), lambda *rows: 0.0 * made.decode(*rows), LATENT)

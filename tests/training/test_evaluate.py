# SPDX-License-Identifier: Apache-2.0
"""An evaluation: finite numbers for a threshold, and a page that needs no network."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.data import layout
from training.errors import ModelError
from training.evaluate import evaluate
from training.par04.generator import Generator
from training.point import Point
from training.prepare import prepare


@pytest.fixture(scope="module")
def evaluation(exported: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation of the trained model."""
    folder = tmp_path_factory.mktemp("evaluation")
    evaluate(exported, dataset, folder)
    return folder


def test_every_observable_is_a_finite_number(exported: Path, dataset: Path, tmp_path: Path) -> None:
    """Each as mean over the points and as the worst of them."""
    metrics = evaluate(exported, dataset, tmp_path)
    names = ["energy_mean", "energy_sigma", "energy_wasserstein", "longitudinal_l1", "radial_l1"]
    assert set(metrics) == {*names, *(f"{name}_worst" for name in names), "showers"}
    assert all(type(value) is float and math.isfinite(value) for value in metrics.values())
    assert all(metrics[name] <= metrics[f"{name}_worst"] for name in names)
    assert metrics["showers"] == 320.0


def test_the_same_model_gets_the_same_numbers(exported: Path, dataset: Path, tmp_path: Path) -> None:
    """A threshold must not be passed by chance."""
    first, second = evaluate(exported, dataset, tmp_path / "a"), evaluate(exported, dataset, tmp_path / "b")
    assert first == second


def test_a_trained_model_comes_close(exported: Path, dataset: Path, tmp_path: Path) -> None:
    """Mean energy to 10 %, profiles better than half of the worst."""
    metrics = evaluate(exported, dataset, tmp_path)
    assert metrics["energy_mean"] < 0.1
    assert metrics["longitudinal_l1"] < 0.5
    assert metrics["radial_l1"] < 0.5


def test_the_page_shows_every_point_and_loads_nothing(evaluation: Path, dataset: Path) -> None:
    """One file: no script, style sheet, image or font from elsewhere."""
    text = (evaluation / "report.html").read_text(encoding="utf-8")
    assert all(str(point) in text for point in layout.points(dataset))
    assert "Plotly.newPlot" in text
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", text) == []
    assert "@import" not in text.split("<body>")[0]


def test_data_of_another_mesh_are_refused(exported: Path, tmp_path: Path) -> None:
    """Both meshes are named."""
    prepare("", tmp_path, geometries="SiW", energies="4", angles="90", showers=1, mesh="2x5x9")
    with pytest.raises(ModelError, match=r"the mesh 4x5x9, .* has 2x5x9"):
        evaluate(exported, tmp_path, tmp_path / "evaluation")


@pytest.mark.parametrize("content", [b"", b"not ONNX"], ids=["empty", "text"])
def test_a_damaged_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file."""
    (tmp_path / "Generator.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"Generator\.onnx: ONNX Runtime cannot load it"):
        Generator(tmp_path)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    """A folder of a training is not an export."""
    with pytest.raises(ModelError, match=r"Generator\.onnx: missing"):
        Generator(tmp_path)


def test_generated_showers_have_shape_unit_and_chance(exported: Path) -> None:
    """MeV on the model's mesh; each shower another one, the same again for the same seed."""
    generator, point = Generator(exported), Point("SiW", 90.0, 64.0)
    showers = generator.draw(point, 20, np.random.default_rng(1))
    assert showers.shape == (20, 4, 5, 9)
    assert showers.sum(axis=(1, 2, 3)) == pytest.approx(np.full(20, 64_000.0), rel=0.3)
    assert len(np.unique(showers.reshape(20, -1), axis=0)) == 20
    assert np.array_equal(showers, generator.draw(point, 20, np.random.default_rng(1)))


def test_the_command_prints_the_numbers(exported: Path, dataset: Path, tmp_path: Path) -> None:
    """As JSON, those of the function; a mistake is one line and exit code 2."""
    command = [sys.executable, "-m", "training.evaluate", f"--destination={tmp_path}/out"]
    good = subprocess.run(
        [*command, f"--model={exported}", f"--dataset={dataset}"], capture_output=True, text=True, check=False
    )
    assert json.loads(good.stdout) == evaluate(exported, dataset, tmp_path)
    bad = subprocess.run(
        [*command, f"--model={exported}", f"--dataset={tmp_path}/none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
    assert "none: not a folder" in bad.stderr

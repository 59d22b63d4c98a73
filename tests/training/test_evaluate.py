# SPDX-License-Identifier: Apache-2.0
"""An evaluation: finite numbers for a threshold, on showers that no training saw, and a page."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from kfp_katib.steps.evaluation_page import Judgement, with_verdict
from tests.support.html import read
from tests.training.data.showers import write_calochallenge
from tests.training.full_simulation import FullSimulation
from training.data.dataset import open_part
from training.errors import DataError, ModelError
from training.evaluate import STAND_IN, compare, evaluate
from training.geometry import plain
from training.prepare import prepare
from training.scaling import Floats

SCALARS = ("energy", "longitudinal_first_moment", "longitudinal_second_moment", "radial_first_moment")
DISTRIBUTIONS = (*SCALARS, "radial_second_moment", "sparsity", "layers", "cells")
OF_POINTS = [
    "physics_distance",
    "energy_mean",
    "energy_sigma",
    "energy_resolution",
    *(f"{name}_{kind}" for name in DISTRIBUTIONS for kind in ("wasserstein", "separation")),
    "longitudinal_l1",
    "radial_l1",
    "layers_correlation",
]
TOGETHER = ["fpd", "kpd", "auc"]
COSTS = [
    "ms_per_shower_batch_1",
    "ms_per_shower_batch_100",
    "model_megabytes",
    "peak_memory_megabytes",
]


@pytest.fixture(scope="module")
def evaluation(exported: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation of the trained model."""
    folder = tmp_path_factory.mktemp("evaluation")
    evaluate(exported, dataset, folder)
    return folder


@pytest.fixture(scope="module")
def metrics(evaluation: Path) -> dict[str, float]:
    """Its numbers, as they are written beside the page."""
    written: dict[str, float] = json.loads((evaluation / "metrics.json").read_text(encoding="utf-8"))
    return written


def without_costs(metrics: dict[str, float]) -> dict[str, float]:
    """What does not depend on the machine."""
    return {name: value for name, value in metrics.items() if name not in COSTS}


def spoilt(dataset: Path, folder: Path, part: str) -> Path:
    """A copy of a data set whose showers of one part have all their energy in one cell."""
    shutil.copytree(dataset, folder)
    declared = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    for path in (folder / part).rglob("*.h5"):
        with h5py.File(path, "r+") as file:
            for key in file:
                cells = np.zeros_like(file[key])
                cells[:, 0, 0, 0] = file[key][:].sum(axis=(1, 2, 3))
                file[key][:] = cells
        declared["files"][str(path.relative_to(folder))]["bytes"] = path.stat().st_size
    (folder / "dataset.json").write_text(json.dumps(declared), encoding="utf-8")
    return folder


def test_every_observable_is_a_finite_number(metrics: dict[str, float]) -> None:
    """Mean, worst and floor of what points have; value, error and floor of what all have together."""
    names = [
        *(f"{name}{end}" for name in OF_POINTS for end in ("", "_worst", "_floor")),
        *(f"{name}{end}" for name in TOGETHER for end in ("", "_error", "_floor")),
        "physics_distance_error",
        *COSTS,
        "showers",
    ]
    assert sorted(metrics) == sorted(names)
    assert list(metrics)[:5] == [
        "physics_distance",
        *(f"physics_distance_{end}" for end in ("error", "worst", "floor")),
        "fpd",
    ]
    assert all(type(value) is float and math.isfinite(value) for value in metrics.values())
    assert all(metrics[name] <= metrics[f"{name}_worst"] for name in OF_POINTS)


def test_as_many_showers_are_compared_as_the_test_part_has(metrics: dict[str, float], dataset: Path) -> None:
    """A tenth of the set."""
    assert metrics["showers"] == sum(open_part(dataset, "test").counts.values()) == 32


def test_the_same_model_gets_the_same_numbers(
    exported: Path, dataset: Path, metrics: dict[str, float], tmp_path: Path
) -> None:
    """A threshold must not be passed by chance."""
    assert without_costs(evaluate(exported, dataset, tmp_path)) == without_costs(metrics)


def test_showers_that_were_trained_on_are_no_measure(
    exported: Path, dataset: Path, metrics: dict[str, float], tmp_path: Path
) -> None:
    """Spoiling them spoils the floor alone; spoiling the test part spoils what is said of the model."""
    seen = evaluate(exported, spoilt(dataset, tmp_path / "training", "training"), tmp_path / "a")
    assert {name: seen[name] for name in OF_POINTS} == {name: metrics[name] for name in OF_POINTS}
    assert seen["longitudinal_l1_floor"] > 10.0 * metrics["longitudinal_l1_floor"]
    held_out = evaluate(exported, spoilt(dataset, tmp_path / "test", "test"), tmp_path / "b")
    assert held_out["longitudinal_l1"] > 3.0 * metrics["longitudinal_l1"]


def test_full_simulation_as_a_model_reaches_the_floor(tmp_path: Path) -> None:
    """Showers of a third part are as near to the test part as those of the training part are."""
    prepare("", tmp_path, geometries="SiW", energies="64", angles="90", showers=2000, mesh="4x5x9")
    found = compare(FullSimulation(tmp_path), tmp_path)
    for name, estimate in found.metrics.items():
        both = math.hypot(estimate.error, found.floor[name].error)
        assert abs(estimate.value - found.floor[name].value) < 4.0 * both, name
    too_hot = compare(FullSimulation(tmp_path, wrong=lambda cells: 1.05 * cells), tmp_path)
    assert too_hot.metrics["energy_mean"].value == pytest.approx(0.05, abs=0.005)
    assert too_hot.metrics["physics_distance"].value > 5.0 * too_hot.floor["physics_distance"].value


def test_a_trained_model_comes_close(metrics: dict[str, float]) -> None:
    """Mean energy to 10 %, profiles better than half of the worst."""
    assert metrics["energy_mean"] < 0.1
    assert metrics["longitudinal_l1"] < 0.5
    assert metrics["radial_l1"] < 0.5


def test_a_range_of_energies_is_compared_in_bins(tmp_path: Path) -> None:
    """The CaloChallenge's showers of 1 GeV to 1 TeV make four points; each has its own energies."""
    write_calochallenge(tmp_path / "source/dataset_2_1.hdf5", 400)
    prepare(str(tmp_path / "source"), tmp_path / "data", mesh="3x4x9")
    found = compare(FullSimulation(tmp_path / "data"), tmp_path / "data")
    ranges = [(one.point.energy_gev, one.point.highest_gev) for one in found.comparisons]
    assert ranges == [(1.0, 5.62), (5.62, 31.6), (31.6, 178.0), (178.0, 1000.0)]
    assert sum(one.showers for one in found.comparisons) == 40


def test_the_page_shows_every_point_and_loads_nothing(evaluation: Path, dataset: Path) -> None:
    """One file: no script, style sheet, image or font from elsewhere; with the training's own curves."""
    text = (evaluation / "report.html").read_text(encoding="utf-8")
    points = list(open_part(dataset, "test").counts)
    assert all(f'"{point.geometry}, {plain(point.energy_gev)} GeV, ' in text for point in points)
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", text) == []
    assert "@import" not in text.split("<body>")[0]


def test_what_lies_beside_a_single_file_is_not_taken_for_its_curves(
    exported: Path, dataset: Path, tmp_path: Path
) -> None:
    """One's own folder may hold another curves.csv."""
    shutil.copy(exported / "Generator.onnx", tmp_path)
    (tmp_path / "curves.csv").write_text("time,temperature\n1,20\n")
    evaluate(tmp_path / "Generator.onnx", dataset, tmp_path / "evaluation")
    assert "Training" not in read((tmp_path / "evaluation" / "report.html").read_text("utf-8")).texts("h2")


def test_the_page_says_that_generated_showers_are_no_full_simulation(evaluation: Path) -> None:
    """Else a reader would take the distances for those from Geant4."""
    assert f"Full simulation: {STAND_IN}." in (evaluation / "report.html").read_text(encoding="utf-8")


def test_the_pipelines_step_says_first_whether_the_model_passed(evaluation: Path) -> None:
    """Its verdict is put on top of this page, which knows no thresholds."""
    own = (evaluation / "report.html").read_text(encoding="utf-8")
    tree = read(with_verdict(own, [Judgement("auc", 1.0, 0.0, 0.9)]))
    assert tree.texts("p")[0] == "Not passed: 1 of 1 threshold missed."
    assert read(own).texts("p")[0].startswith("The model on a mesh of 4 × 5 × 9 cells")


def test_data_of_another_mesh_are_refused(exported: Path, tmp_path: Path) -> None:
    """Both meshes are named."""
    prepare("", tmp_path, geometries="SiW", energies="4", angles="90", showers=10, mesh="2x5x9")
    with pytest.raises(ModelError, match=r"the mesh 4x5x9, .* has 2x5x9"):
        evaluate(exported, tmp_path, tmp_path / "evaluation")


def test_a_model_that_generates_no_numbers_is_refused(dataset: Path) -> None:
    """One cell is enough; the first such point is named."""

    def one_lost(cells: Floats) -> Floats:
        return np.where(np.arange(cells.size).reshape(cells.shape) == 7, np.float32("nan"), cells)

    with pytest.raises(ModelError, match=r"not finite at SciPb, 4 GeV, 50 degrees\. Train it again"):
        compare(FullSimulation(dataset, wrong=one_lost), dataset)


def test_one_shower_is_not_enough_to_test_with(exported: Path, tmp_path: Path) -> None:
    """The spread of one is nothing to compare with."""
    one = {"geometries": "SiW", "energies": "4", "angles": "90", "showers": 10, "mesh": "4x5x9"}
    prepare("", tmp_path, **one, validation=0.1, test=0.1)
    with pytest.raises(DataError, match="no point has two showers to test with"):
        evaluate(exported, tmp_path, tmp_path / "evaluation")


def test_a_mistake_is_one_line_and_exit_code_2(exported: Path, tmp_path: Path) -> None:
    """A folder that is not there."""
    folders = [f"--model={exported}", f"--dataset={tmp_path}/none", f"--destination={tmp_path}/out"]
    command = [sys.executable, "-m", "training.evaluate", *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{tmp_path}/none" in done.stderr

# SPDX-License-Identifier: Apache-2.0
"""Preparing a data set: generated or selected, with metadata that any artifact store keeps."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.data import layout
from training.errors import DataError, OptionError
from training.geometry import Mesh
from training.point import Point
from training.prepare import coarsened, prepare

ONE = {"geometries": "SiW", "energies": "4", "angles": "90", "showers": 3, "mesh": "4x5x9"}
POINT = Point("SiW", 90.0, 4.0)


def test_generated_showers_are_where_the_options_say(tmp_path: Path) -> None:
    """Every combination of geometry, angle and energy is one dataset."""
    prepare("", tmp_path, **{**ONE, "geometries": "SciPb,SiW", "energies": "2,4", "angles": "50,90"})
    points = layout.points(tmp_path)
    assert len(points) == 8
    assert layout.mesh_of(tmp_path, points) == Mesh(4, 5, 9)
    assert all(len(layout.read(tmp_path, point)) == 3 for point in points)


def test_metadata_are_text_and_finite_numbers(tmp_path: Path) -> None:
    """Kubeflow Pipelines mangles lists, dicts and booleans: those are JSON text here."""
    metadata = prepare("generate", tmp_path, **ONE)
    assert all(
        isinstance(v, str) or (type(v) in (int, float) and math.isfinite(v)) for v in metadata.values()
    )
    assert json.loads(str(metadata["geometry"])) == ["SiW"]
    assert json.loads(str(metadata["energies"])) == [4.0]
    assert json.loads(str(metadata["angles"])) == [90.0]
    assert json.loads(str(metadata["counts"])) == {"SiW, 4 GeV, 90 degrees": 3}
    assert json.loads(str(metadata["units"]))["cells"] == "MeV"
    assert (metadata["showers"], metadata["mesh"]) == (3, "4x5x9")


def test_options_may_come_from_a_pipeline(tmp_path: Path) -> None:
    """There numbers are floats and lists are lists."""
    options = {"geometries": ["SiW"], "energies": [4.0], "angles": [90.0], "showers": 3.0, "mesh": "4x5x9"}
    from_pipeline = prepare("", tmp_path / "lists", **options, seed=1.0)
    from_text = prepare("", tmp_path / "text", **ONE)
    assert from_pipeline == from_text
    assert np.array_equal(layout.read(tmp_path / "lists", POINT), layout.read(tmp_path / "text", POINT))


def test_a_point_does_not_depend_on_the_points_beside_it(tmp_path: Path) -> None:
    """The same seed gives the same showers in a larger data set; another seed gives others."""
    prepare("", tmp_path / "one", **ONE)
    prepare("", tmp_path / "two", **{**ONE, "energies": "2,4"})
    prepare("", tmp_path / "other", **ONE, seed=2)
    one, two, other = (layout.read(tmp_path / name, POINT) for name in ("one", "two", "other"))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_selection_of_files_keeps_their_showers(tmp_path: Path) -> None:
    """What is not asked for stays behind; the rest is copied as it is."""
    prepare("", tmp_path / "all", **{**ONE, "energies": "2,4", "angles": "50,90"})
    metadata = prepare(str(tmp_path / "all"), tmp_path / "some", energies="4", angles="90", showers=2)
    assert layout.points(tmp_path / "some") == (POINT,)
    assert metadata["showers"] == 2
    assert np.array_equal(
        layout.read(tmp_path / "some", POINT), layout.read(tmp_path / "all", POINT, limit=2)
    )


def test_files_are_taken_whole_without_options(tmp_path: Path) -> None:
    """The defaults are the generator's: a folder is not cut to them."""
    prepare("", tmp_path / "all", **ONE)
    assert json.loads(str(prepare(str(tmp_path / "all"), tmp_path / "copy")["counts"])) == {str(POINT): 3}


def test_a_coarser_mesh_adds_neighbouring_cells_up() -> None:
    """No energy is lost, and each new cell is the sum of its own block."""
    showers = np.arange(2 * 4 * 6 * 8, dtype=np.float32).reshape(2, 4, 6, 8)
    coarse = coarsened(showers, Mesh(4, 6, 8), Mesh(2, 3, 4))
    assert coarse.shape == (2, 2, 3, 4)
    assert coarse[0, 0, 0, 0] == showers[0, :2, :2, :2].sum()
    assert coarse.sum() == showers.sum()


def test_a_mesh_that_does_not_divide_is_refused() -> None:
    """50 cells around the axis cannot become 16."""
    with pytest.raises(OptionError, match="18x16x9 does not divide the files' mesh 18x50x45"):
        coarsened(np.zeros((1, 18, 50, 45), dtype=np.float32), Mesh(), Mesh(18, 16, 9))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"energys": "4"}, "option 'energys' is not known. Did you mean 'energies'"),
        ({"xyz": "4"}, "option 'xyz' is not known. Known: geometries"),
        ({"geometries": "LAr"}, "geometry 'LAr' is not known"),
        ({"energies": "4,,8"}, "energies '4,,8' has an empty entry"),
        ({"energies": "-4"}, "energies '-4' is not above 0"),
        ({"energies": "nan"}, "energies 'nan' is not a finite number"),
        ({"angles": "100"}, "angle 100 is not above 0 and at most 90"),
        ({"showers": 0}, "showers 0 is below 1"),
        ({"showers": "2.5"}, "showers '2.5' is not a whole number"),
        ({"showers": "many"}, "showers 'many' is not a number"),
        ({"mesh": "large"}, "mesh 'large' is not three positive whole numbers"),
        ({"seed": -1}, "seed -1 is below 0"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_an_option_that_cannot_be_used_is_refused(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    """The message shows option and value."""
    with pytest.raises(OptionError) as raised:
        prepare("", tmp_path, **{**ONE, **options})
    assert message in str(raised.value)


def test_asking_for_a_point_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """An empty data set would fail much later."""
    prepare("", tmp_path / "all", **ONE)
    with pytest.raises(DataError, match="none of its 1 points was asked for"):
        prepare(str(tmp_path / "all"), tmp_path / "none", energies="1024")


def test_source_and_destination_must_differ(tmp_path: Path) -> None:
    """Reading and replacing one file at once would lose it."""
    prepare("", tmp_path, **ONE)
    with pytest.raises(OptionError, match="source and destination are both"):
        prepare(str(tmp_path), tmp_path)


def test_a_repeated_call_is_the_same_and_another_is_refused(tmp_path: Path) -> None:
    """A retry may write over itself; showers of another call would be trained on unseen."""
    assert prepare("", tmp_path, **ONE) == prepare("", tmp_path, **ONE)
    with pytest.raises(DataError, match="also holds SiW, 4 GeV, 90 degrees from an earlier call"):
        prepare("", tmp_path, **{**ONE, "energies": "8"})


def test_the_command_prints_metadata_and_refuses_without_a_traceback(tmp_path: Path) -> None:
    """Exit code 0 with JSON, 2 with one line."""
    command = [sys.executable, "-m", "training.prepare", f"--destination={tmp_path}"]
    options = [f"--{name}={value}" for name, value in ONE.items()]
    good = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    bad = subprocess.run([*command, "--mesh=9"], capture_output=True, text=True, check=False)
    assert (good.returncode, json.loads(good.stdout)["showers"]) == (0, 3)
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)
    assert bad.stderr.startswith("error: mesh '9' is not")

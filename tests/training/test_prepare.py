# SPDX-License-Identifier: Apache-2.0
"""Preparing a data set: generated or taken from files, with metadata that any artifact store keeps."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.training.data.one_point import FILES, ONE, POINT, showers
from tests.training.data.showers import cells, write_hdf5
from training.data.dataset import open_part
from training.data.declaration import PARTS
from training.data.wanted import GENERATOR, Wanted, read_options
from training.errors import DataError, OptionError
from training.geometry import SIW, Mesh
from training.prepare import prepare
from training.showers.draw import draw_showers


def test_generated_showers_are_where_the_options_say(tmp_path: Path) -> None:
    """Every combination of geometry, angle and energy is one point of every part."""
    prepare("", tmp_path, **{**ONE, "geometries": "SciPb,SiW", "energies": "2,4", "angles": "50,90"})
    for name, count in zip(PARTS, (8, 1, 1), strict=True):
        part = open_part(tmp_path, name)
        assert part.mesh == Mesh(4, 5, 9)
        assert list(part.counts.values()) == [count] * 8


def test_metadata_are_text_and_finite_numbers(tmp_path: Path) -> None:
    """Kubeflow Pipelines mangles lists, dicts and booleans: those are JSON text here."""
    metadata = prepare("generate", tmp_path, **ONE)
    assert all(
        isinstance(v, str) or (type(v) in (int, float) and math.isfinite(v)) for v in metadata.values()
    )
    assert json.loads(str(metadata["geometry"])) == ["SiW"]
    assert json.loads(str(metadata["energies"])) == [4.0]
    assert json.loads(str(metadata["angles"])) == [90.0]
    assert json.loads(str(metadata["counts"])) == {"training": 8, "validation": 1, "test": 1}
    assert json.loads(str(metadata["units"]))["cells"] == "MeV"
    assert json.loads(str(metadata["geometries"]))["SiW"]["layers"] == 90
    assert (metadata["showers"], metadata["mesh"], metadata["seed"]) == (10, "4x5x9", 1)


def test_checksums_are_those_of_the_files(tmp_path: Path) -> None:
    """Of every file, so that a copy can be told from the original."""
    checksums = json.loads(str(prepare("", tmp_path, **ONE)["checksums"]))
    assert checksums == {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in FILES}


def test_options_may_come_from_a_pipeline(tmp_path: Path) -> None:
    """There numbers are floats, lists are lists, and what is not given may be None."""
    options = {"geometries": ["SiW"], "energies": [4.0], "angles": [90.0], "showers": 10.0, "mesh": "4x5x9"}
    from_pipeline = prepare("", tmp_path / "lists", **options, seed=None, validation="0.1", test=0.1)
    assert from_pipeline == prepare("", tmp_path / "text", **ONE)


def test_what_is_none_has_its_default() -> None:
    """The generator's where showers are generated."""
    assert read_options(dict.fromkeys(GENERATOR), GENERATOR) == read_options({}, GENERATOR)
    assert read_options({"mesh": None, "seed": None}, {}) == Wanted()


def test_a_point_does_not_depend_on_the_points_beside_it(tmp_path: Path) -> None:
    """The same seed gives the same showers in a larger data set; another seed gives others."""
    prepare("", tmp_path / "one", **ONE)
    prepare("", tmp_path / "two", **{**ONE, "energies": "2,4"})
    prepare("", tmp_path / "other", **ONE, seed=2)
    one, two, other = (showers(tmp_path / name) for name in ("one", "two", "other"))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_selection_of_files_keeps_their_showers(tmp_path: Path) -> None:
    """What is not asked for stays behind; the rest is copied as it is, the first so many of each point."""
    write_hdf5(tmp_path / "all/SiW_angle_90.h5", {"4": cells(20), "2": cells(20)})
    write_hdf5(tmp_path / "all/SiW_angle_50.h5", {"4": cells(20)})
    metadata = prepare(str(tmp_path / "all"), tmp_path / "some", energies="4", angles="90", showers=12)
    assert list(open_part(tmp_path / "some", "training").counts) == [POINT]
    assert metadata["showers"] == 12
    kept, first = showers(tmp_path / "some").reshape(12, -1), cells(20)[:12].reshape(12, -1)
    assert sorted(map(tuple, kept)) == sorted(map(tuple, first))


def test_files_are_taken_whole_without_options(tmp_path: Path) -> None:
    """The defaults are the generator's: a folder is not cut to them."""
    write_hdf5(tmp_path / "all/SiW_angle_90.h5", {"4": cells(201)})
    metadata = prepare(str(tmp_path / "all"), tmp_path / "copy")
    assert (metadata["showers"], metadata["mesh"]) == (201, "2x3x4")


def test_files_are_coarsened_to_the_mesh_that_is_wanted(tmp_path: Path) -> None:
    """Only the numbers of cells change."""
    write_hdf5(tmp_path / "all/SiW_angle_90.h5", {"4": cells(10)})
    assert prepare(str(tmp_path / "all"), tmp_path / "coarse", mesh="1x3x2")["mesh"] == "1x3x2"
    sums = [s.sum(axis=(1, 2, 3)) for s in (showers(tmp_path / "coarse"), cells(10))]
    assert np.sort(sums[0]) == pytest.approx(np.sort(sums[1]), rel=1e-5)
    with pytest.raises(OptionError, match="mesh 1x2x2 does not divide the files' mesh 2x3x4"):
        prepare(str(tmp_path / "all"), tmp_path / "other", mesh="1x2x2")


def test_fractions_held_back_are_options(tmp_path: Path) -> None:
    """Of ten showers, two and three."""
    counts = json.loads(str(prepare("", tmp_path, **{**ONE, "validation": 0.2, "test": "0.3"})["counts"]))
    assert counts == {"training": 5, "validation": 2, "test": 3}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"energys": "4"}, "unrecognized arguments: --energys=4"),
        ({"geometries": "LAr"}, "argument --geometries: geometry 'LAr' is not known. Use one of SciPb, SiW"),
        ({"energies": "4,,8"}, "argument --energies: '4,,8' has an empty entry"),
        ({"energies": "-4"}, "argument --energies: '-4' is not above 0"),
        ({"energies": "nan"}, "argument --energies: 'nan' is not a finite number"),
        ({"angles": "100"}, "angle 100 is not above 0 and at most 90"),
        ({"showers": 0}, "argument --showers: '0' is below 1"),
        ({"showers": "2.5"}, "argument --showers: '2.5' is not a whole number"),
        ({"showers": "many"}, "argument --showers: 'many' is not a finite number"),
        ({"mesh": "large"}, "argument --mesh: mesh 'large' is not three positive whole numbers"),
        ({"seed": -1}, "argument --seed: '-1' is below 0"),
        ({"validation": 0}, "argument --validation: '0' is not above 0"),
        ({"validation": 0.6, "test": 0.4}, "validation 0.6 and test 0.4 leave nothing to train"),
        ({"energies": "4,4.0"}, "energies has 4 twice"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_an_option_that_cannot_be_used_is_refused(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    """The message shows option and value."""
    with pytest.raises(OptionError) as raised:
        prepare("", tmp_path / "data", **{**ONE, **options})
    assert message in str(raised.value)


def test_too_few_showers_are_refused(tmp_path: Path) -> None:
    """Two cannot be three parts; nothing is written."""
    with pytest.raises(DataError, match="SiW, 4 GeV, 90 degrees: 2 showers cannot be split into training"):
        prepare("", tmp_path / "data", **{**ONE, "showers": 2})
    assert not (tmp_path / "data").exists()


def test_asking_for_a_point_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """An empty data set would fail much later."""
    write_hdf5(tmp_path / "all/SiW_angle_90.h5", {"4": cells(10)})
    with pytest.raises(DataError, match=r"none of its 1 points was asked for\. One that is there: SiW"):
        prepare(str(tmp_path / "all"), tmp_path / "none", energies="1024")


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"energies": "4,8,16"}, "energies 8, 16 among the 1 points"),
        ({"angles": [50, 90]}, "angles 50 among the 2 points"),
        ({"geometries": "SciPb,SiW"}, "geometries SciPb among the 2 points"),
    ],
    ids=["energies", "angles", "geometries"],
)
def test_half_of_what_was_asked_for_is_refused(
    tmp_path: Path, options: dict[str, object], missing: str
) -> None:
    """A file whose download failed would else be missed by nobody; nothing is written."""
    write_hdf5(tmp_path / "all/SiW_angle_90.h5", {"4": cells(10), "2": cells(10)})
    with pytest.raises(DataError, match=f"all: no showers of {missing} that were asked for. Fetch"):
        prepare(str(tmp_path / "all"), tmp_path / "data", **options)
    assert not (tmp_path / "data").exists()


PEAK = """
from pathlib import Path
from training.prepare import prepare
print(prepare({source!r}, Path({destination!r}), mesh="9x25x45")["showers"])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the kernel's own account of memory: Linux"
)
def test_a_file_of_the_full_shape_takes_a_fraction_of_8_gb(tmp_path: Path) -> None:
    """10,000 x 18 x 50 x 45 are 1.6 GB as single floats, read in 100 MB; benchmarks/prepare.py has all drawn.

    The showers behind the first 625 are empty, which takes no room in the file and as much in memory.
    """
    (tmp_path / "full").mkdir()
    with h5py.File(tmp_path / "full/SiW_angle_90.h5", "w") as file:
        shape = (10_000, *Mesh().shape)
        stored = file.create_dataset("1", shape, np.float32, compression="gzip", chunks=True)
        stored[:625] = draw_showers(SIW, Mesh(), np.ones(625), 90.0, np.random.default_rng(1))
    program = PEAK.format(source=str(tmp_path / "full"), destination=str(tmp_path / "data"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    prepared, peak_kib = map(int, done.stdout.split())
    assert prepared == 10_000
    assert peak_kib < 2**20


def test_the_command_prints_metadata_and_refuses_without_a_traceback(tmp_path: Path) -> None:
    """Exit code 0 with JSON, 2 with the option and what is wrong with it."""
    command = [sys.executable, "-m", "training.prepare", f"--destination={tmp_path}"]
    options = [f"--{name}={value}" for name, value in ONE.items()]
    good = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    bad = subprocess.run([*command, "--mesh=9"], capture_output=True, text=True, check=False)
    assert (good.returncode, json.loads(good.stdout)["showers"]) == (0, 10)
    assert good.stderr.endswith("point 1 of 1: SiW, 4 GeV, 90 degrees, 10 showers\n")
    assert bad.returncode == 2
    assert bad.stderr.splitlines()[-1].startswith(
        "python -m training.prepare: error: argument --mesh: mesh '9'"
    )

# SPDX-License-Identifier: Apache-2.0
"""Writing a prepared set: nothing is announced that did not come, and a full disk says so."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.training.data.showers import MESH, block
from training.data.writing import Supply, rows_stored_together, write_point
from training.errors import DataError
from training.geometry import Mesh, Point

POINT = Point("SiW", 90.0, 64.0)
SHARES = {"training": 8, "validation": 1, "test": 1}


def test_blocks_are_written_behind_each_other(tmp_path: Path) -> None:
    """Ten showers in blocks of four and six; the evenly spaced ones are held back."""
    whole = block(10)
    rows = np.arange(10)
    supply = Supply(POINT, Mesh(*MESH), 10, iter([whole.take(rows < 4), whole.take(rows >= 4)]))
    write_point(tmp_path, supply, SHARES)
    for part, expected in (("validation", [4]), ("test", [9]), ("training", [0, 1, 2, 3, 5, 6, 7, 8])):
        with h5py.File(tmp_path / part / "SiW/SiW_angle_90.h5") as file:
            assert np.array_equal(file["64"], whole.cells_mev[expected])


def test_fewer_showers_than_announced_are_noticed(tmp_path: Path) -> None:
    """Files may change while they are read."""
    supply = Supply(POINT, Mesh(*MESH), 10, iter([block(6)]))
    with pytest.raises(DataError, match="64 GeV, 90 degrees: 6 showers came, 10 were announced"):
        write_point(tmp_path, supply, SHARES)


@pytest.mark.parametrize(
    "held",
    [("--validation=0.1", "--test=0.1"), ("--validation=0.3", "--test=0.2")],
    ids=["written", "closed"],
)
def test_a_full_disk_says_so(tmp_path: Path, held: tuple[str, str]) -> None:
    """In one line, while it writes and when it closes; HDF5 itself may crash afterwards, at its exit.

    No file may be larger than 100 kB here.
    """
    command = [sys.executable, "-m", "training.prepare", f"--destination={tmp_path}", "--mesh=18x50x45"]
    limit = (100_000, 100_000)
    done = subprocess.run(
        [*command, "--geometries=SiW", "--energies=64", "--angles=90", "--showers=50", *held],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert done.returncode != 0
    assert "\nerror: " in done.stderr
    assert "write_point" not in done.stderr  # of a traceback through this package
    assert not (tmp_path / "dataset.json").exists()
    assert "SiW, 64 GeV, 90 degrees cannot be written" in done.stderr
    assert "Is the disk full?" in done.stderr


@pytest.mark.parametrize(
    ("mesh", "rows"),
    [(Mesh(), 4), (Mesh(18, 16, 9), 64), (Mesh(1, 1, 1), 64), (Mesh(36, 100, 90), 1)],
    ids=str,
)
def test_about_a_megabyte_is_compressed_together(mesh: Mesh, rows: int) -> None:
    """A run of 64 rows decompresses nothing that it does not need."""
    assert rows_stored_together(mesh) == rows

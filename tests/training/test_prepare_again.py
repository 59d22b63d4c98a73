# SPDX-License-Identifier: Apache-2.0
"""A destination that holds something: a set of the same recipe is replaced, anything else is left alone."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.training.data.one_point import FILES, ONE, POINT, showers
from tests.training.data.showers import cells, write_hdf5
from training.data.dataset import open_part
from training.errors import DataError, OptionError
from training.prepare import prepare


def test_source_and_destination_must_differ(tmp_path: Path) -> None:
    """Reading and replacing one folder at once would lose it."""
    with pytest.raises(OptionError, match="source and destination are both"):
        prepare(str(tmp_path), tmp_path)


def test_a_repeated_call_replaces_and_another_is_refused(tmp_path: Path) -> None:
    """A retry may write over itself; somebody else's set is kept."""
    assert prepare("", tmp_path, **ONE) == prepare("", tmp_path, **ONE)
    with pytest.raises(
        DataError, match=r"holds a data set of energies \[4\.0\], not \[8\.0\]. Give an empty"
    ):
        prepare("", tmp_path, **{**ONE, "energies": "8"})
    assert len(showers(tmp_path)) == 10


def test_files_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    """A folder may hold a part's name by chance."""
    path = write_hdf5(tmp_path / "test/mine/a.h5", {"4": cells(3)})
    with pytest.raises(DataError, match=rf"{path}: not left by a call of ours. Give an empty folder"):
        prepare("", tmp_path, **ONE)
    assert path.is_file()


def test_half_a_set_is_known_and_replaced(tmp_path: Path) -> None:
    """A bad value in the second point ends the call; what the first left is no data set."""
    bad = cells(10)
    bad[7, 1, 1, 1] = np.nan
    path = write_hdf5(tmp_path / "all/SiW_angle_90.h5", {"4": cells(10), "8": bad})
    with pytest.raises(DataError, match=rf"{path}: dataset '8' has 1 energies .* nan at \(7, 1, 1, 1\)"):
        prepare(str(tmp_path / "all"), tmp_path / "data")
    with pytest.raises(DataError, match="half a data set"):
        open_part(tmp_path / "data", "training")
    write_hdf5(path, {"4": cells(10)})
    prepare(str(tmp_path / "all"), tmp_path / "data")
    assert list(open_part(tmp_path / "data", "training").counts) == [POINT]
    with h5py.File(tmp_path / "data" / FILES[0]) as file:
        assert list(file) == ["4"]

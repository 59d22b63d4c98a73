# SPDX-License-Identifier: Apache-2.0
"""A process that is killed while it writes its coverage costs that process's lines, and not the run."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from tests.coverage_data import drop_damaged


def _measured(folder: Path, name: str) -> Path:
    file = folder / f".coverage.{name}"
    data = CoverageData(str(file))
    data.add_arcs({f"/project/{name}.py": {(1, 2), (2, 3)}})
    data.close()
    return file


def _half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _no_database(file: Path) -> None:
    file.write_bytes(b"half a page")


def _path_is(value: str) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        with sqlite3.connect(file) as connection:
            connection.execute(f"UPDATE file SET path = {value}")
        connection.close()

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_half, id="half"),
        pytest.param(_no_database, id="no-database"),
        pytest.param(_path_is("CAST(x'ff' AS TEXT)"), id="path-of-no-text"),
        pytest.param(_path_is("x'61'"), id="path-of-bytes"),
    ],
)
def test_what_a_killed_process_wrote_is_left_out(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """The others are combined."""
    whole, broken = _measured(tmp_path, "whole"), _measured(tmp_path, "broken")
    damage(broken)
    assert drop_damaged(tmp_path) == [broken]
    together = Coverage(data_file=str(tmp_path / ".coverage"))
    together.combine([str(tmp_path)], strict=True)
    assert together.get_data().measured_files() == {"/project/whole.py"}
    assert not whole.exists()

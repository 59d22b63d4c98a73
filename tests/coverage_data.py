# SPDX-License-Identifier: Apache-2.0
"""What the run's processes measured: one file each, some of them killed while they wrote it.

Tests kill engines and trials at random moments, and coverage keeps no journal of what it writes: a
file that it cannot read would end the whole run with its traceback once every test has passed.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException


def drop_damaged(folder: Path) -> list[Path]:
    """Delete the data files in a folder that cannot be combined with others; returns those."""
    damaged = [file for file in sorted(folder.glob(".coverage.*")) if not _is_whole(file)]
    for file in damaged:
        file.unlink()
    return damaged


def _is_whole(file: Path) -> bool:
    try:
        Coverage(data_file=None, messages=False).combine([str(file)], strict=True, keep=True)
    except (CoverageException, sqlite3.Error, ValueError, TypeError):
        return False
    return True

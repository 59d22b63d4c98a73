# SPDX-License-Identifier: Apache-2.0
"""A reader's own folder, at the end of each step."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.training.own.page import command, save, succeeds


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What step 1's first command makes."""
    folder = tmp_path_factory.mktemp("digits")
    save(folder, last=1)
    succeeds(command(1, "python -c").splitlines()[0], folder)
    return folder / "data"


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    """A folder with the data and all of the page's files."""
    save(tmp_path)
    shutil.copytree(data, tmp_path / "data")
    return tmp_path

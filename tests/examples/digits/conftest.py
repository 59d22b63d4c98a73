# SPDX-License-Identifier: Apache-2.0
"""A reader's own copy of the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.examples.digits.page import command, save, succeeds
from tests.support.s3 import bucket as bucket


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first command makes."""
    folder = tmp_path_factory.mktemp("digits")
    save(folder)
    succeeds(command("python -c").splitlines()[0], folder)
    return folder / "data"


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    """A folder with the data and all files of both pages."""
    save(tmp_path)
    shutil.copytree(data, tmp_path / "data")
    return tmp_path

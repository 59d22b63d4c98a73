# SPDX-License-Identifier: Apache-2.0
"""Where the documents' blocks are carried out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.places import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder where the project's own commands work, as in a checkout."""
    for name in ("compile.py", "components", "pipelines", "training", "kfp_katib"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path

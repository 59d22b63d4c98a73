# SPDX-License-Identifier: Apache-2.0
"""A folder of a test's own to search in."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.steps.search.outputs import Files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Where a search writes its outputs; the current folder is the test's own."""
    monkeypatch.chdir(tmp_path)
    outputs = tmp_path / "outputs"
    return Files(outputs / "model", outputs / "trials", outputs / "summary", outputs / "report")

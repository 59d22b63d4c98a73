# SPDX-License-Identifier: Apache-2.0
"""Where the command line is called."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials run where the command was called; `runs` is there too."""
    monkeypatch.chdir(tmp_path)

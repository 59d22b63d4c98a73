# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests with Vertex AI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.gcs import gcs_bucket as gcs_bucket
from tests.support.vertex import vertex as vertex
from tests.vertex.entry_point import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where a trial runs."""
    return Place(tmp_path)

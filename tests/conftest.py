# SPDX-License-Identifier: Apache-2.0
"""Options of the test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record`: keep what a real Katib writes, for the replay (tests/cluster_replay)."""
    parser.addoption("--record", action="store_true", help="keep what a real Katib writes as recordings")

# SPDX-License-Identifier: Apache-2.0
"""Options of the test run, and fixtures that every folder may ask for."""

from __future__ import annotations

import pytest

from tests.no_patterns import no_patterns as no_patterns
from tests.untraced import untraced as untraced


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record`: keep what a real Katib writes, for the replay (tests/engines/katib/replay)."""
    parser.addoption("--record", action="store_true", help="keep what a real Katib writes as recordings")

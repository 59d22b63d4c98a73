# SPDX-License-Identifier: Apache-2.0
"""Code that is timed runs as it does for a user: not traced by coverage, which takes longer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def untraced() -> Iterator[None]:
    """Nothing is traced in the thread of a test that asks for this."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


def untraced_environment() -> dict[str, str]:
    """This process's environment, for one in which coverage is not to start."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}

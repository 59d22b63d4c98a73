# SPDX-License-Identifier: Apache-2.0
"""Full simulation, drawn once for all tests of a module."""

from __future__ import annotations

import pytest

from tests.training.physics.made import full_simulation
from training.scaling import Floats


@pytest.fixture(scope="module")
def full(request: pytest.FixtureRequest) -> Floats:
    """As many showers as the module says."""
    return full_simulation(request.module.SHOWERS, seed=1)

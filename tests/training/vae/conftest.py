# SPDX-License-Identifier: Apache-2.0
"""The parts of the small data set, and a training's settings that fit them."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.data.dataset import Part, open_part
from training.vae.feed import Sources


@pytest.fixture(scope="session")
def training(dataset: Path) -> Part:
    """256 showers to learn from."""
    return open_part(dataset, "training")


@pytest.fixture(scope="session")
def validation(dataset: Path) -> Part:
    """32 showers to judge by."""
    return open_part(dataset, "validation")


@pytest.fixture(scope="session")
def sources(training: Part, validation: Part) -> Sources:
    """Both, in one chunk."""
    return Sources(training, validation)

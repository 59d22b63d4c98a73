# SPDX-License-Identifier: Apache-2.0
"""A model that cannot be beaten: what an evaluation says of it is the floor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.training.data.showers import read_point
from training.data.dataset import open_part
from training.geometry import Mesh
from training.par04.generator import Generator
from training.scaling import Floats, to_fractions


class FullSimulation(Generator):
    """A generator that knows its showers by heart: those of the data set's validation part."""

    def __init__(self, dataset: Path, *, wrong: Callable[[Floats], Floats] = np.asarray) -> None:
        self.facts = {}
        self._part = open_part(dataset, "validation")
        self.mesh: Mesh = self._part.mesh
        self._points = iter(self._part.counts)
        self._wrong = wrong

    def draw(self, conditions: Floats, random: np.random.Generator) -> Floats:
        """Return the next point's showers, in the order in which points are evaluated."""
        block = read_point(self._part, next(self._points), slice(len(conditions)))
        return self._wrong(to_fractions(block.cells_mev, block.energies_gev))

# SPDX-License-Identifier: Apache-2.0
"""Samples to compare: showers of full simulation of one point, and normal features."""

from __future__ import annotations

import numpy as np

from training.geometry import SIW, Mesh, Point
from training.physics.observables import Array, Sample, reduce
from training.scaling import Floats, to_fractions
from training.showers.draw import draw_showers

POINT = Point("SiW", 90.0, 64.0)
MESH = Mesh(6, 8, 9)


def full_simulation(count: int, seed: int) -> Floats:
    """Fractions of the incident energy."""
    random = np.random.default_rng(seed)
    return to_fractions(draw_showers(SIW, MESH, np.full(count, 64.0), 90.0, random), 64.0)


def reduced(fractions: Floats) -> Sample:
    """What is kept of them."""
    return reduce(fractions, np.full(len(fractions), 64.0), POINT)


def rng(seed: int = 1) -> np.random.Generator:
    """A generator of its own for each call."""
    return np.random.default_rng(seed)


def normal(showers: int, features: int, seed: int = 1) -> tuple[Array, Array]:
    """Two samples of one distribution."""
    first, second = rng(seed).normal(size=(2, showers, features))
    return first, second

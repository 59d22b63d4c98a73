# SPDX-License-Identifier: Apache-2.0
"""Options of the smallest set there is, one point of ten showers, and what a destination then holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.training.data.showers import read_point
from training.data.dataset import open_part
from training.data.declaration import PARTS
from training.geometry import Point
from training.scaling import Floats

ONE = {
    "geometries": "SiW",
    "energies": "4",
    "angles": "90",
    "showers": 10,
    "mesh": "4x5x9",
    "validation": 0.1,
    "test": 0.1,
}
POINT = Point("SiW", 90.0, 4.0)
FILES = [f"{part}/SiW/SiW_angle_90.h5" for part in PARTS]


def showers(folder: Path, point: Point = POINT) -> Floats:
    """All showers of a point, part by part."""
    parts = [open_part(folder, name) for name in PARTS]
    return np.concatenate([read_point(part, point).cells_mev for part in parts])

# SPDX-License-Identifier: Apache-2.0
"""The part of the mesh that lies in front of the calorimeter."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.geometry import SIW, Mesh
from training.showers.medium import fraction_inside


def test_a_perpendicular_mesh_lies_in_the_calorimeter() -> None:
    """At 90 degrees the front face and the mesh begin at the same depth."""
    assert fraction_inside(SIW, Mesh(18, 5, 9), 90.0) == pytest.approx(1.0)


@pytest.mark.parametrize("angle", [50.0, 60.0, 70.0, 80.0])
def test_the_volume_in_front_of_a_tilted_face_is_that_of_a_wedge(angle: float) -> None:
    """A plane through the centre of a cylinder's end cuts off the volume 2 R3 / (3 tan(angle))."""
    rings = np.diff(np.linspace(0.0, SIW.radius_mm, 19) ** 2) * math.pi
    volumes = rings[:, None, None] / 50 * SIW.cell_z_mm * (1.0 - fraction_inside(SIW, Mesh(), angle))
    wedge = 2.0 * SIW.radius_mm**3 / (3.0 * math.tan(math.radians(angle)))
    assert volumes.sum() == pytest.approx(wedge, rel=0.01)


def test_the_axis_enters_at_the_face() -> None:
    """The innermost cells are inside but for the first, and one side of the rim is outside."""
    inside = fraction_inside(SIW, Mesh(), 50.0)
    assert (inside[0, :, 1:] == 1.0).all()
    assert (inside[-1, [0, 49], :5] == 0.0).all()
    assert (inside[-1, [24, 25]] == 1.0).all()

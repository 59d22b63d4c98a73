# SPDX-License-Identifier: Apache-2.0
"""What the angle does: the shower follows the particle, the layers and the front face do not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.training.showers.drawn import fractions, layer_x0, maximum_x0
from training.geometry import GEOMETRIES, SIW, Geometry, Mesh
from training.showers.face import fraction_inside

SECTORS = Mesh(4, 8, 45)
TILTED = [70.0, 50.0]
each_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


@pytest.mark.parametrize("angle", TILTED)
@each_geometry
def test_the_maximum_keeps_its_depth_along_the_particle(geometry: Geometry, angle: float) -> None:
    """So that across the layers it lies sin(angle) less deep: matter counts along the path (Rossi)."""
    straight, slanted = (
        maximum_x0(geometry, fractions(geometry, 64.0, each, mesh=SECTORS)) for each in (90.0, angle)
    )
    sine = math.sin(math.radians(angle))
    assert slanted * sine / straight == pytest.approx(sine, rel=0.03)


@pytest.mark.parametrize("angle", TILTED)
@pytest.mark.parametrize("energy", [1.0, 64.0])
@each_geometry
def test_the_tilted_face_costs_little_energy(geometry: Geometry, energy: float, angle: float) -> None:
    """Only what scatters widely in the first layers is lost: 1 % at 1 GeV and 50 degrees, less elsewhere."""
    straight, slanted = (
        fractions(geometry, energy, each, mesh=SECTORS).sum(axis=(1, 2, 3)) for each in (90.0, angle)
    )
    error = math.hypot(straight.std(), slanted.std()) / math.sqrt(len(straight))
    lost = straight.mean() - slanted.mean()
    assert -3.0 * error < lost < 0.011 + 3.0 * error


def test_nothing_is_deposited_in_front_of_a_tilted_face() -> None:
    """Cells of the rim that lie wholly outside stay empty, whichever way the energy is spread."""
    inside = fraction_inside(SIW, Mesh(), 50.0)
    assert (inside == 0.0).any()
    for energy in (16.0, 1024.0):
        assert fractions(SIW, energy, 50.0, count=20, mesh=Mesh())[:, inside == 0.0].sum() == 0.0


@pytest.mark.parametrize(("angle", "sided"), [(90.0, False), (50.0, True)], ids=["perpendicular", "tilted"])
@each_geometry
def test_the_first_layers_have_a_side_when_the_face_is_tilted(
    geometry: Geometry, angle: float, sided: bool
) -> None:
    """The mean cosine of phi, weighted by energy, over the first 2 radiation lengths: 0, or clearly below."""
    layers = math.ceil(2.0 / layer_x0(geometry))
    sectors = fractions(geometry, 64.0, angle, mesh=SECTORS)[..., :layers].sum(axis=(1, 3))
    cosine = sectors @ np.cos((np.arange(8) + 0.5) * math.tau / 8) / sectors.mean(axis=0).sum()
    deviations = cosine.mean() / (cosine.std() / math.sqrt(len(cosine)))
    assert (deviations < -5.0) if sided else abs(deviations) < 3.5


def test_behind_the_maximum_a_tilted_shower_has_no_side() -> None:
    """There the whole mesh lies inside, and the shower is round about the particle's direction."""
    sectors = fractions(SIW, 64.0, 50.0, mesh=SECTORS)[..., 15:].sum(axis=(1, 3))
    shares = sectors / sectors.sum(axis=1, keepdims=True)
    error = shares.std(axis=0) / math.sqrt(len(shares))
    assert (np.abs(shares.mean(axis=0) - 1 / 8) < 4.0 * error).all()

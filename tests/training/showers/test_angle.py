# SPDX-License-Identifier: Apache-2.0
"""What the angle does: the shower follows the particle, the layers and the front face do not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.training.showers.drawn import fractions, layer_x0, maximum_x0
from training.geometry import GEOMETRIES, SCIPB, SIW, Geometry, Mesh
from training.scaling import MEV_PER_GEV
from training.showers.medium import fraction_inside, medium
from training.showers.profiles import draw_layers

SECTORS = Mesh(18, 8, 45)
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


def expected_loss(geometry: Geometry, energy: float, angle: float, rings: int) -> float:
    """What the profiles of 300 showers put in front of the face, as a fraction of the electron's energy."""
    substance, mesh = medium(geometry, angle), Mesh(rings, 50, 45)
    depths = mesh.z_edges(geometry) / substance.x0_mm
    layers = draw_layers(substance, depths, np.full(300, energy), np.random.default_rng(1))
    shares = np.diff(layers.radial.within(mesh.r_edges(geometry) / substance.moliere_mm), axis=-1)
    outside = 1.0 - fraction_inside(geometry, mesh, angle).mean(axis=1).T
    lost = (layers.energy_mev[:, :, None] * shares * outside).sum(axis=(1, 2))
    return float(lost.mean() / (energy * MEV_PER_GEV))


@pytest.mark.parametrize(
    ("geometry", "energy", "angle", "lost"),
    [
        (SCIPB, 1.0, 50.0, 0.0077),
        (SCIPB, 1.0, 70.0, 0.0018),
        (SCIPB, 64.0, 50.0, 0.0009),
        (SIW, 1.0, 50.0, 0.0045),
        (SIW, 1.0, 70.0, 0.0012),
        (SIW, 64.0, 50.0, 0.0004),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_tilted_face_costs_little_energy(
    geometry: Geometry, energy: float, angle: float, lost: float
) -> None:
    """Only what scatters widely in the first layers is lost; four times finer rings differ by 0.1 %."""
    assert expected_loss(geometry, energy, angle, 18) == pytest.approx(lost, abs=0.0003)
    assert expected_loss(geometry, energy, angle, 72) == pytest.approx(lost, abs=0.001)


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

# SPDX-License-Identifier: Apache-2.0
"""Par04's own steps: what is fed, how it is scaled back, and where it is put."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from training.geometry import SIW, Mesh
from training.par04.geant4 import Par04, Particle, readout
from training.scaling import Floats

MESH = Mesh(2, 4, 3)
LATENT: Floats = np.array([0.5, -1.5], dtype=np.float32)
DIRECTIONS = [(90.0, 90.0), (50.0, 90.0), (70.0, -160.0), (3.0, 10.0)]


def degrees(theta: float, phi: float, energy_mev: float = 64_000.0) -> Particle:
    """A particle that enters somewhere."""
    return Particle(energy_mev, math.radians(theta), math.radians(phi), (3.0, 800.0, -20.0))


def save(path: Path, *names: str) -> Path:
    """Write a model that returns its last input, padded to the mesh's 24 cells."""
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 6]) for name in names]
    output = helper.make_tensor_value_info("cells", TensorProto.FLOAT, [1, 24])
    node = helper.make_node("Concat", [names[-1]] * 4, ["cells"], axis=1)
    opset = [helper.make_opsetid("", 13)]
    model = helper.make_model(
        helper.make_graph([node], "mirror", inputs, [output]), opset_imports=opset, ir_version=8
    )
    onnx.save(model, path)
    return path


@pytest.fixture
def mirror(tmp_path: Path) -> Par04:
    """Par04 with a model that returns what it was fed."""
    return Par04(save(tmp_path / "mirror.onnx", "input"), MESH, SIW)


def test_the_tensor_is_latent_energy_angle_and_two_flags(mirror: Par04) -> None:
    """MeV over 1024000, degrees over 90, and [0, 1] whatever the calorimeter; the output times the energy."""
    fed = mirror.energies(LATENT, degrees(45.0, 90.0, 256_000.0)) / 256_000.0
    assert fed[:6] == pytest.approx([0.5, -1.5, 0.25, 0.5, 0.0, 1.0])


def test_a_model_with_several_inputs_cannot_be_fed(tmp_path: Path) -> None:
    """Par04's own converter makes four, of which its inference names the last alone."""
    several = Par04(save(tmp_path / "several.onnx", "energy", "angle", "latent"), MESH, SIW)
    with pytest.raises(ValueError, match="Required inputs"):
        several.energies(LATENT, degrees(90.0, 90.0))


def test_the_first_cell_lies_where_phi_is_minus_pi(mirror: Par04) -> None:
    """Centres of cells; z is the fastest index, then phi, then r. Along z no rotation is left."""
    positions = mirror.positions(Particle(1.0, 0.0, 0.0, (0.0, 0.0, 0.0)))
    r, z, angle = SIW.radius_mm / 2, SIW.depth_mm / 3, -3.0 * math.pi / 4.0
    first = [r / 2 * math.cos(angle), r / 2 * math.sin(angle), z / 2]
    assert positions[0] == pytest.approx(first)
    assert positions[1] == pytest.approx([*first[:2], 1.5 * z])
    assert math.atan2(positions[3][1], positions[3][0]) == pytest.approx(angle + math.pi / 2.0)
    assert np.hypot(*positions[12][:2]) == pytest.approx(1.5 * r)


@pytest.mark.parametrize(("theta", "phi"), DIRECTIONS)
def test_depth_is_along_the_particle(theta: float, phi: float, mirror: Par04) -> None:
    """The cells' mean lies on the line from the entry in the particle's direction."""
    particle = degrees(theta, phi)
    direction = [
        math.sin(particle.theta) * math.cos(particle.phi),
        math.sin(particle.theta) * math.sin(particle.phi),
        math.cos(particle.theta),
    ]
    expected = np.array(particle.position_mm) + SIW.depth_mm / 2.0 * np.array(direction)
    assert mirror.positions(particle).mean(axis=0) == pytest.approx(expected)


@pytest.mark.parametrize(("theta", "phi"), DIRECTIONS)
def test_the_readout_finds_every_deposit_in_its_cell(theta: float, phi: float, mirror: Par04) -> None:
    """Placing by GetPositions and sorting by Par04SensitiveDetector undo each other, in any direction."""
    particle = degrees(theta, phi)
    energies = np.arange(1.0, 25.0)
    cells = readout(energies, mirror.positions(particle), particle, MESH, SIW)
    assert cells.reshape(-1).tolist() == energies.tolist()


def test_a_deposit_outside_the_mesh_is_not_read_out() -> None:
    """In front of it, behind it, beside it."""
    particle = degrees(90.0, 90.0)
    along, across = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])
    steps = [-1.0 * along, (SIW.depth_mm + 1.0) * along, (SIW.radius_mm + 1.0) * across + along]
    outside = np.asarray(particle.position_mm) + np.array(steps)
    assert readout(np.ones(3), outside, particle, MESH, SIW).sum() == 0.0


def test_what_is_not_above_half_a_kiloelectronvolt_makes_no_hit(mirror: Par04) -> None:
    """Of the fed numbers times 1 MeV, those above 0.0005 are left, at their cells' places."""
    particle = degrees(90.0, 90.0, 1.0)
    energies, positions = mirror.shower(np.array([0.0004, 0.0006], dtype=np.float32), particle)
    kept = [0.0006, 1.0, 1.0]  # and the energy's own fraction, 1 / 1024000, is too small
    assert energies == pytest.approx(np.array(kept * 4))
    depth = positions[:, 1] - particle.position_mm[1]
    assert depth == pytest.approx(np.array([1.5, 0.5, 2.5] * 4) * SIW.depth_mm / 3)

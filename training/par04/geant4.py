# SPDX-License-Identifier: Apache-2.0
"""What Geant4's example Par04 does with a model, step by step as its C++ does it.

Read in Geant4 11.4.0, examples/extended/parameterisations/Par04: Par04MLFastSimModel::DoIt calls
Par04InferenceSetup::GetEnergies and GetPositions and keeps deposits above a threshold; Par04OnnxInference
runs ONNX Runtime; Par04SensitiveDetector sorts the deposits into the cells of the readout. Nothing here
uses `training.scaling`: a mistake there has to show.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from training.geometry import Geometry, Mesh

MAX_ENERGY_MEV = np.float32(1024000.0)
MAX_ANGLE_DEG = np.float32(90.0)
"""Members fMaxEnergy and fMaxAngle of Par04InferenceSetup.hh; no UI command changes them."""
GEOMETRY_FLAGS = (0.0, 1.0)
"""Hard-wired in GetEnergies for the example's own calorimeter, tungsten and silicon. The comment above that
line gives the two flags the other way round; the training script (utils/preprocess.py) has this order."""
THRESHOLD_MEV = 0.0005
"""DoIt makes a hit of more than this only."""
THREADS = 1
"""Member fIntraOpNumThreads."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Particle:
    """What enters: kinetic energy in MeV, where (mm) and in which direction, as theta and phi."""

    energy_mev: float
    theta: float
    phi: float = np.pi / 2.0
    position_mm: tuple[float, float, float] = (0.0, 800.0, 0.0)
    """The example's gun shoots along y, and its calorimeter begins at a radius of 80 cm."""


def open_session(
    path: Path, *, threads: int = THREADS, optimise: bool = False
) -> onnxruntime.InferenceSession:
    """Open a model; unless told otherwise as Par04OnnxInference does, on one core and as it is.

    With 0 `threads` ONNX Runtime takes all cores; `optimise` is Par04's setOptimizationFlag.
    """
    levels = onnxruntime.GraphOptimizationLevel
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimise else levels.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Par04:
    """The example with a model loaded.

    Args:
        path: The ONNX file, as setModelPathName gives it.
        mesh: As setNbOfRhoCells, setNbOfPhiCells and setNbOfZCells give it.
        geometry: The calorimeter whose cell sizes setSizeOfRhoCells and setSizeOfZCells give.
    """

    def __init__(self, path: Path, mesh: Mesh, geometry: Geometry) -> None:
        self._session = open_session(path)
        self.mesh = mesh
        self.cell_r_mm, self.cell_z_mm = mesh.r_edges(geometry)[1], mesh.z_edges(geometry)[1]

    def shower(self, latent: npt.NDArray[np.float32], particle: Particle) -> tuple[Array, Array]:
        """Do what DoIt does for one particle; `latent` stands for the numbers of CLHEP's RandGauss.

        Returns:
            The hits above the threshold: MeV, and positions in the world in mm, shape (hits, 3).
        """
        energies = self.energies(latent, particle)
        kept = energies > THRESHOLD_MEV
        return energies[kept], self.positions(particle)[kept]

    def energies(self, latent: npt.NDArray[np.float32], particle: Particle) -> Array:
        """Do what GetEnergies and RunInference do: MeV of each cell, in the order of the model's output."""
        conditions = (
            particle.energy_mev / MAX_ENERGY_MEV,
            np.rad2deg(np.float32(particle.theta)) / MAX_ANGLE_DEG,
            *GEOMETRY_FLAGS,
        )
        tensor = np.array([[*latent, *conditions]], dtype=np.float32)
        name = self._session.get_inputs()[-1].name
        output = self._session.run(None, {name: tensor})[0].reshape(-1)
        return np.asarray(output[: self.mesh.cells], dtype=np.float64) * particle.energy_mev

    def positions(self, particle: Particle) -> Array:
        """Do what GetPositions does: centres of the cells in mm, z fastest, phi from minus pi."""
        r, phi, z = np.meshgrid(*(np.arange(count) + 0.5 for count in self.mesh.shape), indexing="ij")
        r, phi, z = r * self.cell_r_mm, phi * 2.0 * np.pi / self.mesh.phi - np.pi, z * self.cell_z_mm
        local = np.stack([r * np.cos(phi), r * np.sin(phi), z], axis=-1).reshape(-1, 3)
        return np.asarray(particle.position_mm) + local @ _to_local(particle)


def readout(
    energies_mev: Array, positions_mm: Array, particle: Particle, mesh: Mesh, geometry: Geometry
) -> Array:
    """Do what Par04SensitiveDetector does: MeV in the cells of the readout, shape (r, phi, z).

    Its mesh begins where the particle enters, with z along the particle's direction.
    """
    x, y, z = _to_local(particle) @ (positions_mm - particle.position_mm).T
    borders = (mesh.r_edges(geometry), np.linspace(-np.pi, np.pi, mesh.phi + 1), mesh.z_edges(geometry))
    cells, _ = np.histogramdd((np.hypot(x, y), np.arctan2(y, x), z), borders, weights=energies_mev)
    return np.asarray(cells)


def _to_local(particle: Particle) -> Array:
    """Return the rotation of both classes, by -phi about z and then by -theta about y."""
    sin, cos = np.sin(particle.phi), np.cos(particle.phi)
    about_z = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    sin, cos = np.sin(particle.theta), np.cos(particle.theta)
    about_y = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    return np.asarray(about_y @ about_z)

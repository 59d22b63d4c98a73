# SPDX-License-Identifier: Apache-2.0
"""Writes the macro that runs Geant4's example Par04 with an exported model.

The commands are those of Geant4 11.4.0 (Par04InferenceMessenger.cc, Par04DetectorMessenger.cc). There is
none for the energy and the angle that conditions are divided by: 1024 GeV and 90 degrees are compiled in.
"""

from __future__ import annotations

from training.geometry import Mesh, geometry_named
from training.par04.facts import cell_r_mm, cell_z_mm
from training.scaling import CONDITIONS

FILE_NAME = "par04.mac"
GEOMETRY = "SiW"
"""The calorimeter of the example, whose flags its inference code has hard-wired."""


def macro(latent_dim: int, mesh: Mesh, model: str) -> str:
    """Return the macro's text.

    Args:
        latent_dim: How many normal numbers the model takes.
        mesh: Of the model: Par04 reads as many numbers as it gives, however many the model returns.
        model: The file that Par04 shall open, from where the example runs.
    """
    r, z = (f"{size(geometry_named(GEOMETRY), mesh):.10g} mm" for size in (cell_r_mm, cell_z_mm))
    cells = {"SizeOfRhoCells": r, "SizeOfZCells": z}
    cells |= {"NbOfRhoCells": str(mesh.r), "NbOfPhiCells": str(mesh.phi), "NbOfZCells": str(mesh.z)}
    lines = [
        "# Runs example Par04 of Geant4 11.4 with the model beside this file; written by training.export.",
        f"# Electrons in {GEOMETRY}, energy up to 1024 GeV; the example's own flags say which calorimeter.",
        "/control/execute common_settings_highgran.mac",
        "# The readout has the model's mesh.",
        *(f"/Par04/mesh/set{name} {value}" for name, value in cells.items()),
        "/run/initialize",
        "/control/execute common_settings_postInit.mac",
        f"/Par04/inference/setSizeLatentVector {latent_dim}",
        f"/Par04/inference/setSizeConditionVector {CONDITIONS}",
        f"/Par04/inference/setModelPathName {model}",
        "/Par04/inference/setModelType VAE",
        "/Par04/inference/setProfileFlag 0",
        "/Par04/inference/setOptimizationFlag 0",
        "/Par04/inference/setCudaFlag 0",
        *(f"/Par04/inference/set{name} {value}" for name, value in cells.items()),
        "# Opens the model, so it comes after everything that says which and how.",
        "/Par04/inference/setInferenceLibrary ONNX",
        "# defineMesh lays the readout along the particle and comes first.",
        "/param/ActivateModel defineMesh",
        "/param/ActivateModel inferenceModel",
        "/run/beamOn 100",
    ]
    return "\n".join(lines) + "\n"

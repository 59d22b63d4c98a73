# SPDX-License-Identifier: Apache-2.0
"""What the exported file says about itself, and the macro that runs Geant4's example Par04 with it.

The macro's commands are those of Geant4 11.4.0 (Par04InferenceMessenger.cc, Par04DetectorMessenger.cc). There
is none for the energy and the angle that conditions are divided by: 1024 GeV and 90 degrees are compiled in.
"""

from __future__ import annotations

from training.geometry import GEOMETRIES, SIW, Geometry, Mesh
from training.par04.generator import FILE_NAME
from training.scaling import CONDITIONS, MAX_ANGLE_DEG, MAX_ENERGY_GEV, MEV_PER_GEV

MACRO = "par04.mac"
MODEL = f"MLModels/{FILE_NAME}"
"""Where Par04's own macros look for a model, from where the example runs."""
GEOMETRY = SIW
"""The calorimeter of the example, whose flags its inference code has hard-wired."""

Facts = dict[str, str | int | float]


def facts(latent_dim: int, mesh: Mesh) -> Facts:
    """Return signature, units, scaling, mesh, cell sizes, order of geometries, and what to multiply by."""
    size = latent_dim + CONDITIONS
    order = ", ".join(f"{g.name} {[int(flag) for flag in g.one_hot]}" for g in GEOMETRIES.values())
    return {
        "framework": "onnx",
        "signature": f"input[batch,{size}] -> cells[batch,{mesh.cells}]",
        "input": f"{latent_dim} latent (standard normal), energy/{MAX_ENERGY_GEV:g} GeV, "
        f"angle/{MAX_ANGLE_DEG:g} deg, geometry {order}",
        "output": "cell energy / incident energy, order r, phi, z",
        "multiply_by": "incident energy in MeV, once",
        "latent_dim": latent_dim,
        "condition_dim": CONDITIONS,
        "max_energy_mev": MAX_ENERGY_GEV * MEV_PER_GEV,
        "max_angle_deg": MAX_ANGLE_DEG,
        "geometry_order": ", ".join(GEOMETRIES),
        "mesh": str(mesh),
        **{f"cells_{g.name}": cell_sizes(g, mesh) for g in GEOMETRIES.values()},
    }


def cell_sizes(geometry: Geometry, mesh: Mesh) -> str:
    """Return the sizes of a cell as text: along r and z in mm, along phi as a part of the circle."""
    r, z = mesh.r_edges(geometry)[1], mesh.z_edges(geometry)[1]
    return f"r {r:g} mm, phi 1/{mesh.phi} from -180 deg, z {z:g} mm"


def macro(latent_dim: int, mesh: Mesh) -> str:
    """Return the macro's text for a model of so many latent numbers and this mesh.

    Par04 reads as many numbers as the mesh has cells, however many the model returns.
    """
    return f"""\
# Runs example Par04 of Geant4 11.4 with the model beside this file; written by training.export.
# Electrons in {GEOMETRY.name}, energy up to 1024 GeV; the example's own flags say which calorimeter.
/control/execute common_settings_highgran.mac
# The readout has the model's mesh.
{_cells("/Par04/mesh", mesh)}
/run/initialize
/control/execute common_settings_postInit.mac
/Par04/inference/setSizeLatentVector {latent_dim}
/Par04/inference/setSizeConditionVector {CONDITIONS}
/Par04/inference/setModelPathName {MODEL}
/Par04/inference/setModelType VAE
/Par04/inference/setProfileFlag 0
/Par04/inference/setOptimizationFlag 0
/Par04/inference/setCudaFlag 0
{_cells("/Par04/inference", mesh)}
# Opens the model, so it comes after everything that says which and how.
/Par04/inference/setInferenceLibrary ONNX
# defineMesh lays the readout along the particle and comes first.
/param/ActivateModel defineMesh
/param/ActivateModel inferenceModel
/run/beamOn 100
"""


def _cells(of: str, mesh: Mesh) -> str:
    return f"""\
{of}/setSizeOfRhoCells {mesh.r_edges(GEOMETRY)[1]:.10g} mm
{of}/setSizeOfZCells {mesh.z_edges(GEOMETRY)[1]:.10g} mm
{of}/setNbOfRhoCells {mesh.r}
{of}/setNbOfPhiCells {mesh.phi}
{of}/setNbOfZCells {mesh.z}"""

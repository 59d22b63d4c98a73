# SPDX-License-Identifier: Apache-2.0
"""What the exported file says about itself, and the macro that runs Geant4's example Par04 with it.

The macro's commands are those of Geant4 11.4.0 (Par04InferenceMessenger.cc, Par04DetectorMessenger.cc). There
is none for the energy and the angle that conditions are divided by: 1024 GeV and 90 degrees are compiled in.
"""

from __future__ import annotations

from training.geometry import GEOMETRIES, Geometry, Mesh, geometry_named
from training.scaling import CONDITIONS, MAX_ANGLE_DEG, MAX_ENERGY_GEV, MEV_PER_GEV

MACRO = "par04.mac"
GEOMETRY = "SiW"
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
    r, z = cell_r_mm(geometry, mesh), cell_z_mm(geometry, mesh)
    return f"r {r:g} mm, phi 1/{mesh.phi} from -180 deg, z {z:g} mm"


def cell_r_mm(geometry: Geometry, mesh: Mesh) -> float:
    """Return the size of a cell along r in mm."""
    return geometry.radius_mm / mesh.r


def cell_z_mm(geometry: Geometry, mesh: Mesh) -> float:
    """Return the size of a cell along z in mm."""
    return geometry.depth_mm / mesh.z


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

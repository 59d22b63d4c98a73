# SPDX-License-Identifier: Apache-2.0
"""What a user of the exported file has to know about it, as the file's own metadata say it."""

from __future__ import annotations

from training.geometry import GEOMETRIES, Geometry, Mesh
from training.scaling import CONDITIONS, MAX_ANGLE_DEG, MAX_ENERGY_GEV, MEV_PER_GEV

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

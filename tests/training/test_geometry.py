# SPDX-License-Identifier: Apache-2.0
"""The calorimeters and meshes are those of the published showers."""

from __future__ import annotations

import numpy as np
import pytest

from training.errors import OptionError
from training.geometry import GEOMETRIES, SCIPB, SIW, Geometry, Mesh, geometry_named, parse_mesh


@pytest.mark.parametrize(
    ("geometry", "layers", "layer_mm", "cell_r_mm", "cell_z_mm"),
    [(SCIPB, 45, 5.6, 4.0, 5.6), (SIW, 90, 1.7, 2.325, 3.4)],
    ids=["SciPb", "SiW"],
)
def test_layers_and_cells_are_the_published_ones(
    geometry: Geometry, layers: int, layer_mm: float, cell_r_mm: float, cell_z_mm: float
) -> None:
    """Zenodo 6082201 states the layers and the size of the cells."""
    assert geometry.layers == layers
    assert geometry.layer_mm == pytest.approx(layer_mm)
    assert np.diff(Mesh().r_edges(geometry)) == pytest.approx(np.full(18, cell_r_mm))
    assert np.diff(Mesh().z_edges(geometry)) == pytest.approx(np.full(45, cell_z_mm))


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_the_mesh_is_as_deep_as_the_calorimeter(geometry: Geometry) -> None:
    """45 cells in depth span all layers."""
    assert geometry.depth_mm == pytest.approx(geometry.layers * geometry.layer_mm)


@pytest.mark.parametrize("mesh", [Mesh(18, 16, 9), Mesh(4, 5, 9), Mesh(1, 1, 1)], ids=str)
def test_a_coarser_mesh_covers_the_same_volume(mesh: Mesh) -> None:
    """Only the number of cells changes, not what they cover."""
    assert mesh.r_edges(SIW)[[0, -1]] == pytest.approx(Mesh().r_edges(SIW)[[0, -1]])
    assert mesh.z_edges(SIW)[[0, -1]] == pytest.approx(Mesh().z_edges(SIW)[[0, -1]])


def test_the_full_mesh_has_40500_cells() -> None:
    """18 x 50 x 45, the default, and its text can be read back."""
    assert Mesh().cells == 40_500
    assert parse_mesh(str(Mesh())) == Mesh()


@pytest.mark.parametrize("text", ["", "18x50", "18x50x45x2", "0x5x9", "-1x5x9", "18x1.5x9", "axbxc"])
def test_a_mesh_that_is_none_is_refused(text: str) -> None:
    """The message shows the text and how to write it."""
    with pytest.raises(OptionError, match="not three positive whole numbers"):
        parse_mesh(text)


def test_an_unknown_geometry_is_refused_with_the_known_ones() -> None:
    """Whoever misspells a calorimeter sees both names."""
    with pytest.raises(OptionError, match=r"'SiPb' is not known\. Use one of SciPb, SiW"):
        geometry_named("SiPb")

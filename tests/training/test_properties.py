# SPDX-License-Identifier: Apache-2.0
"""What holds for any input: conservation, round trips, distances."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.dataset import held_back_rows
from training.geometry import GEOMETRIES, Geometry, Mesh, parse_mesh
from training.options import number, whole
from training.physics.observables import wasserstein
from training.point import Point
from training.prepare import coarsened
from training.scaling import conditions, to_fractions, to_mev
from training.showers.medium import medium
from training.showers.profiles import draw_longitudinal, radial
from training.showers.shower import draw_showers, fraction_inside

geometries = st.sampled_from(list(GEOMETRIES.values()))
energies = st.floats(0.1, 2000.0)
angles = st.floats(10.0, 90.0)
meshes = st.builds(Mesh, st.integers(1, 6), st.integers(1, 6), st.integers(1, 12))
samples = st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=5)


@given(geometries, energies, angles, meshes)
@settings(max_examples=60, deadline=None)
def test_showers_are_finite_and_never_much_more_than_the_electron(
    geometry: Geometry, energy: float, angle: float, mesh: Mesh
) -> None:
    """For any conditions: no negative or missing cell, and a total within the sampling fluctuation."""
    showers = draw_showers(geometry, mesh, energy, angle, count=3, random=np.random.default_rng(0))
    assert showers.shape == (3, *mesh.shape)
    assert np.isfinite(showers).all()
    assert (showers >= 0.0).all()
    spread = medium(geometry, angle).sampling_term / math.sqrt(energy)
    assert showers.sum(axis=(1, 2, 3)).max() < 1000.0 * energy * (1.0 + 8.0 * spread + 8.0 * spread**2)


@given(geometries, angles, meshes)
@settings(deadline=None)
def test_the_part_behind_the_face_is_a_fraction_that_grows_with_depth(
    geometry: Geometry, angle: float, mesh: Mesh
) -> None:
    """From 0 in front of the face to 1 behind it, along every line parallel to the axis."""
    inside = fraction_inside(geometry, mesh, angle)
    assert ((inside >= 0.0) & (inside <= 1.0)).all()
    assert (np.diff(inside, axis=2) >= -1e-12).all()


@given(geometries, energies, angles)
@settings(deadline=None)
def test_profiles_are_distributions(geometry: Geometry, energy: float, angle: float) -> None:
    """Any energy and angle: positive parameters, and shares between 0 and 1."""
    substance = medium(geometry, angle)
    shower = draw_longitudinal(substance, energy, 20, np.random.default_rng(0))
    assert (shower.maximum >= 1.0).all()
    assert (shower.beta > 0.0).all()
    within = radial(substance, energy, shower.tau(np.linspace(0.1, 36.0, 9))).within(
        np.array([0.1, 1.0, 9.0])
    )
    assert ((within >= 0.0) & (within <= 1.0)).all()


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), meshes)
def test_coarsening_conserves_energy(r: int, phi: int, z: int, mesh: Mesh) -> None:
    """Every cell goes into exactly one larger one."""
    fine = Mesh(mesh.r * r, mesh.phi * phi, mesh.z * z)
    showers = np.random.default_rng(0).random((2, *fine.shape), dtype=np.float32)
    coarse = coarsened(showers, fine, mesh)
    assert coarse.shape == (2, *mesh.shape)
    assert np.allclose(coarse.sum(axis=(1, 2, 3)), showers.sum(axis=(1, 2, 3)), rtol=1e-4)


@given(meshes)
def test_a_mesh_can_be_written_and_read(mesh: Mesh) -> None:
    """Its text is its option."""
    assert parse_mesh(str(mesh)) == mesh


@given(st.floats(0.1, 1e4), st.lists(st.floats(0.0, 1e6, width=32), min_size=1, max_size=20))
def test_scaling_can_be_undone(energy: float, cells: list[float]) -> None:
    """MeV to fractions and back, to the precision of single floats."""
    mev = np.array(cells, dtype=np.float32)
    assert np.allclose(to_mev(to_fractions(mev, energy), energy), mev, rtol=1e-5, atol=1e-3)


@given(st.floats(1.0, 1024.0), st.floats(50.0, 90.0), st.sampled_from(list(GEOMETRIES)))
def test_conditions_of_the_published_set_lie_between_0_and_1(energy: float, angle: float, name: str) -> None:
    """And exactly one geometry is marked."""
    told = conditions(name, energy, angle)
    assert ((told >= 0.0) & (told <= 1.0)).all()
    assert sorted(told[2:].tolist()) == [0.0, 1.0]


@given(st.integers(0, 5000), st.floats(0.01, 0.99))
def test_the_held_back_share_is_as_close_as_whole_showers_allow(count: int, fraction: float) -> None:
    """Never more than one shower off, wherever the rows are counted up to."""
    marked = held_back_rows(count, fraction)
    assert len(marked) == count
    assert abs(marked.sum() - count * fraction) <= 1.0


@given(samples, samples, samples)
def test_the_wasserstein_distance_is_a_distance(
    first: list[float], second: list[float], third: list[float]
) -> None:
    """Symmetric, 0 only for equal samples, and no detour is shorter."""
    a, b, c = (np.asarray(sample, dtype=np.float64) for sample in (first, second, third))
    assert wasserstein(a, b) == wasserstein(b, a)
    assert wasserstein(a, a) == 0.0
    assert wasserstein(a, c) <= wasserstein(a, b) + wasserstein(b, c) + 1e-9


@given(st.integers(0, 10**9))
def test_a_whole_number_is_read_however_it_is_written(value: int) -> None:
    """As an int, as a float and as the text of either."""
    assert (
        whole(value, name="n") == whole(float(value), name="n") == whole(f"{float(value)}", name="n") == value
    )


@given(st.floats(1e-12, 1e12))
def test_a_number_survives_its_text(value: float) -> None:
    """Python writes the shortest text that reads back the same."""
    assert number(str(value), name="lr", above=0.0) == value


@given(st.sampled_from(list(GEOMETRIES)), st.integers(1, 90), st.integers(1, 2048))
def test_points_have_names_of_their_own(name: str, angle: int, energy: int) -> None:
    """File and key lead back to the point."""
    point = Point(name, float(angle), float(energy))
    assert point.path.name == f"{name}_angle_{angle}.h5"
    assert point.key == str(energy)

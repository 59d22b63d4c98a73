# SPDX-License-Identifier: Apache-2.0
"""What holds for any input: round trips of text, numbers and scales, and the order of points."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.command import number, whole
from training.data.declaration import PARTS, file_of, key_of
from training.geometry import GEOMETRIES, Mesh, Point, parse_mesh, plain
from training.scaling import conditions, to_fractions, to_mev

names = st.sampled_from(list(GEOMETRIES))
energies = st.floats(0.1, 2000.0)
angles = st.floats(10.0, 90.0)
meshes = st.builds(Mesh, st.integers(1, 6), st.integers(1, 6), st.integers(1, 12))
points = st.builds(
    Point,
    names,
    st.integers(1, 90).map(float),
    st.integers(1, 64).map(float),
    st.sampled_from([None, 1000.0]),
)


@given(meshes)
def test_a_mesh_can_be_written_and_read(mesh: Mesh) -> None:
    """Its text is its option."""
    assert parse_mesh(str(mesh)) == mesh


@given(st.floats(0.1, 1e4), st.lists(st.floats(0.0, 1e6, width=32), min_size=1, max_size=20))
def test_scaling_can_be_undone(energy: float, cells: list[float]) -> None:
    """MeV to fractions and back, to the precision of single floats."""
    mev = np.array(cells, dtype=np.float32)
    assert np.allclose(to_mev(to_fractions(mev, energy), energy), mev, rtol=1e-5, atol=1e-3)


@given(names, st.lists(energies, min_size=1, max_size=5), angles)
def test_many_showers_are_scaled_as_each_by_itself(name: str, gev: list[float], angle: float) -> None:
    """Energies of their own or one for all: the same fractions, the same conditions."""
    cells = np.random.default_rng(0).random((len(gev), 2, 3, 4), dtype=np.float32)
    at_once = to_fractions(cells, np.array(gev))
    told = conditions(name, np.array(gev), angle)
    assert told.shape == (len(gev), 4)
    for row, energy in enumerate(gev):
        assert np.array_equal(at_once[row], to_fractions(cells[row], energy))
        assert np.array_equal(told[[row]], conditions(name, energy, angle))


@given(names, st.floats(1.0, 1024.0), st.floats(50.0, 90.0))
def test_conditions_of_the_published_set_lie_between_0_and_1(name: str, energy: float, angle: float) -> None:
    """And exactly one geometry is marked."""
    (told,) = conditions(name, energy, angle)
    assert ((told >= 0.0) & (told <= 1.0)).all()
    assert sorted(told[2:].tolist()) == [0.0, 1.0]


@given(st.integers(0, 10**9))
def test_a_whole_number_is_read_however_it_is_written(value: int) -> None:
    """As an int, as a float and as the text of either."""
    assert whole(str(value)) == whole(f"{float(value)}") == value


@given(st.floats(1e-12, 1e12))
def test_a_number_survives_its_text(value: float) -> None:
    """Python writes the shortest text that reads back the same; so do our names of datasets."""
    assert number(str(value), above=0.0) == value
    assert float(plain(value)) == value


@given(points, points)
def test_points_have_datasets_of_their_own(one: Point, other: Point) -> None:
    """File and key lead back to the point, and so does its text."""
    for name in (lambda point: (file_of(PARTS[0], point), key_of(point)), str):
        assert (name(one) == name(other)) == (one == other)


@given(st.lists(points, max_size=20))
def test_points_have_one_order(several: list[Point]) -> None:
    """Also where one has a single energy and another a range that starts there."""
    assert sorted(several) == sorted([*several[1:], *several[:1]])
    assert all(not (one < other and other < one) for one in several for other in several)


@given(st.integers(1, 90), st.integers(1, 2048))
def test_files_and_keys_read_like_the_published_ones(angle: int, energy: int) -> None:
    """Whole numbers have no decimals."""
    point = Point("SiW", float(angle), float(energy))
    assert file_of("test", point) == f"test/SiW/SiW_angle_{angle}.h5"
    assert key_of(point) == str(energy)

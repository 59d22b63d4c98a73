# SPDX-License-Identifier: Apache-2.0
"""A prepared data set: its parts, its points, and its showers in chunks that fit memory."""

from __future__ import annotations

import json
import tempfile
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.data.showers import block, numbered, prepared, read_point, write_calochallenge
from training.data.dataset import Part, open_part, scaled
from training.data.declaration import PARTS
from training.geometry import Mesh, Point
from training.prepare import prepare
from training.scaling import Floats, to_mev
from training.vae.feed import Sources, chunks, feed, shower_bytes

LOW, HIGH = Point("SiW", 90.0, 4.0), Point("SiW", 90.0, 64.0)
FILE = "training/SiW/SiW_angle_90.h5"


def test_a_part_knows_its_points_mesh_and_numbers(tmp_path: Path) -> None:
    """Ten showers of two points: eight, one and one."""
    parts = [open_part(prepared(tmp_path), name) for name in PARTS]
    assert [part.counts for part in parts] == [{LOW: n, HIGH: n} for n in (8, 1, 1)]
    assert [sum(part.counts.values()) for part in parts] == [16, 2, 2]
    assert {part.mesh for part in parts} == {Mesh(2, 5, 9)}
    assert {part.source for part in parts} == {"generate"}


def test_no_shower_is_in_two_parts(tmp_path: Path) -> None:
    """What was written is what came, each once."""
    numbered(tmp_path, {4.0: 30, 64.0: 10})
    seen = [
        read_point(part, point).cells_mev.ravel()
        for name in PARTS
        for part in [open_part(tmp_path / "prepared", name)]
        for point in part.counts
    ]
    assert sorted(np.concatenate(seen)) == list(range(1, 41))


def test_rows_are_read_as_they_lie(tmp_path: Path) -> None:
    """Any run of them, in their order; beyond the end is nothing."""
    part = numbered(tmp_path, {4.0: 30})
    whole = read_point(part, LOW)
    assert np.array_equal(read_point(part, LOW, slice(5, 9)).cells_mev, whole.cells_mev[5:9])
    assert np.array_equal(read_point(part, LOW, slice(-3, None)).cells_mev, whole.cells_mev[-3:])
    assert len(read_point(part, LOW, slice(100, 200))) == 0
    assert whole.energies_gev.tolist() == [4.0] * 24


def test_each_shower_keeps_an_energy_of_its_own(tmp_path: Path) -> None:
    """Where they differ, they lie beside the showers."""
    write_calochallenge(tmp_path / "source/dataset_2_1.hdf5", 20)
    prepare(str(tmp_path / "source"), tmp_path / "data", mesh="3x4x5")
    parts = [open_part(tmp_path / "data", name) for name in PARTS]
    (point,) = parts[0].counts
    energies = np.concatenate([read_point(part, point).energies_gev for part in parts])
    assert str(point) == "SiW, 1 to 1000 GeV, 90 degrees"
    assert np.sort(energies) == pytest.approx(np.geomspace(1.0, 1000.0, 20))
    with h5py.File(tmp_path / "data" / FILE) as file:
        assert sorted(file) == ["1-1000", "1-1000_energies_gev"]
    told = scaled(read_point(parts[0], point)).conditions
    assert told[:, 0] * 1024.0 == pytest.approx(read_point(parts[0], point).energies_gev)


def test_scaled_showers_are_rows_of_fractions() -> None:
    """Cells in the order r, phi, z; the sum of a row is the fraction of the energy that was seen."""
    showers = block(3)
    rows = scaled(showers)
    assert rows.cells == pytest.approx(showers.cells_mev.reshape(3, -1) / 64_000.0)
    assert rows.conditions.shape == (3, 4)
    assert len(rows) == 3


def all_of(part: Part, at_most: int, seed: int, limit: int | None = None) -> list[Floats]:
    """The first cells of an epoch's chunks, in MeV."""
    found = list(feed(Sources(part, part, at_most, limit), seed)(1, 0))
    energies = [chunk.conditions[:, 0].astype(np.float64) * 1024.0 for chunk in found]
    return [to_mev(chunk.cells[:, 0], e) for chunk, e in zip(found, energies, strict=True)]


@given(
    st.dictionaries(st.sampled_from([1.0, 4.0, 16.0, 64.0]), st.integers(3, 200), min_size=1),
    st.integers(1, 300),
    st.one_of(st.none(), st.integers(1, 50)),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_chunks_have_every_shower_once(counts: dict[float, int], at_once: int, limit: int | None) -> None:
    """Whatever the points, the memory and the limit."""
    with tempfile.TemporaryDirectory() as folder:
        part = numbered(Path(folder), counts)
        found = all_of(part, at_once * shower_bytes(part.mesh), 0, limit)
        expected = [read_point(part, point, slice(limit)).cells_mev.ravel() for point in part.counts]
    assert all(len(chunk) <= at_once for chunk in found)
    assert np.sort(np.concatenate(found)) == pytest.approx(np.sort(np.concatenate(expected)), rel=1e-5)


def test_chunks_are_mixed_from_all_points_and_within(tmp_path: Path) -> None:
    """Energies alternate, and rows are not as they lie."""
    part = numbered(tmp_path, {4.0: 300, 64.0: 300})
    found = list(feed(Sources(part, part, 100 * shower_bytes(part.mesh)), 1)(1, 0))
    assert len(found) in (5, 6)
    for chunk in found:
        energies = chunk.conditions[:, 0] * 1024.0
        assert 0.2 < (energies == 4.0).mean() < 0.8
        assert np.count_nonzero(np.diff(energies)) > 10


def test_what_fits_is_one_chunk_as_the_showers_lie(tmp_path: Path) -> None:
    """Point by point, row by row; the bytes count cells and conditions."""
    part = numbered(tmp_path, {4.0: 40, 64.0: 20})
    whole = 48 * shower_bytes(part.mesh)
    (found,) = all_of(part, whole, 1)
    expected = np.concatenate([read_point(part, point).cells_mev.ravel() for point in part.counts])
    assert found == pytest.approx(expected, rel=1e-5)
    assert len(all_of(part, whole - 1, 1)) == 2


def test_memory_holds_one_chunk_and_one_run(tmp_path: Path) -> None:
    """Also while it is mixed: 3 MB of showers in chunks of 1 MB."""
    part = open_part(prepared(tmp_path, energies="4", showers=4000, mesh="2x10x9"), "training")
    one_mb = 2**20
    tracemalloc.start()
    counted = sum(map(len, chunks(Sources(part, part, one_mb), np.random.default_rng(0), 0)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counted == 3200
    assert peak < 2.6 * one_mb  # the chunk that was given last, the next one, and a run


def test_the_files_are_laid_out_like_the_published_ones(tmp_path: Path) -> None:
    """{part}/{geometry}/{geometry}_angle_{a}.h5, the energy in GeV as key, (N, r, phi, z), gzip."""
    prepared(tmp_path)
    with h5py.File(tmp_path / FILE) as file:
        assert sorted(file) == ["4", "64"]
        assert file["64"].shape == (8, 2, 5, 9)
        assert file["64"].compression == "gzip"


def test_the_declaration_says_what_a_reader_needs(tmp_path: Path) -> None:
    """Units, calorimeter, cells, layers, points, counts, and how to make the set again."""
    whole = json.loads((prepared(tmp_path) / "dataset.json").read_text())
    assert whole["units"] == {"cells": "MeV", "energies": "GeV", "angles": "degrees", "lengths": "mm"}
    assert whole["geometries"]["SiW"]["layers"] == 90
    assert whole["geometries"]["SiW"]["cell_z_mm"] == 17.0
    assert whole["points"][1]["counts"] == {"training": 8, "validation": 1, "test": 1}
    assert whole["recipe"]["seed"] == 1
    assert set(whole["files"]) == {f"{part}/SiW/SiW_angle_90.h5" for part in PARTS}

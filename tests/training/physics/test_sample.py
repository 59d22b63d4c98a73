# SPDX-License-Identifier: Apache-2.0
"""What is kept of showers holds what is compared, however they arrive."""

from __future__ import annotations

import numpy as np
import pytest

from training.geometry import Point
from training.physics.observables import SPECTRUM, THRESHOLD_MEV, Sample, energy_bins, joined, reduce, taken

POINT = Point("SiW", 90.0, 1.0)
RANGE = Point("SiW", 90.0, 1.0, 1000.0)


def sample_of(mev: list[float]) -> Sample:
    """One shower of so many cells, of 1 GeV."""
    cells = np.array(mev, dtype=np.float32).reshape(1, 1, 1, -1) / 1000.0
    return reduce(cells.astype(np.float32), np.array([1.0]), POINT)


def equal(first: Sample, second: Sample) -> bool:
    """Whether two samples hold the same numbers."""
    return all(np.array_equal(first[name], second[name]) for name in first.keys() | second.keys())


def test_the_threshold_is_the_calo_challenges() -> None:
    """15.15 keV."""
    assert pytest.approx(0.01515, abs=5e-6) == THRESHOLD_MEV


def test_sparsity_is_the_fraction_of_cells_above_the_threshold() -> None:
    """Two of five cells."""
    assert sample_of([0.0, 0.015, 0.016, 100.0, 0.0])["sparsity"].tolist() == [0.4]


def test_the_threshold_is_one_of_energy_not_of_a_fraction() -> None:
    """The same fractions of ten times the energy: more cells are above it."""
    cells = np.full((2, 1, 1, 1), 5e-6, dtype=np.float32)
    found = reduce(cells, np.array([1.0, 10.0]), RANGE)
    assert found["sparsity"].tolist() == [0.0, 1.0]


def test_the_spectrum_is_a_histogram_of_log10_of_mev() -> None:
    """NumPy's own, over cells above the threshold."""
    random = np.random.default_rng(1)
    cells = (10.0 ** random.uniform(-6, 2, (3, 2, 5, 7))).astype(np.float32)
    found = reduce(cells, np.full(3, 1.0), POINT)
    for shower, counts in zip(cells * np.float32(1000.0), found["spectrum"], strict=True):
        lit = shower[shower > THRESHOLD_MEV]
        assert counts.tolist() == np.histogram(np.log10(lit), bins=SPECTRUM)[0].tolist()


def test_cells_beyond_the_spectrum_stand_in_its_last_bin() -> None:
    """10 TeV in one cell is wrong, and counted."""
    found = sample_of([1e7, 1e3])
    assert found["spectrum"][0, -1] == 1.0
    assert found["spectrum"].sum() == 2.0


def test_blocks_give_what_the_whole_gives() -> None:
    """Reading in blocks is a matter of memory alone."""
    cells = np.random.default_rng(1).random((9, 2, 3, 4), dtype=np.float32)
    energies = np.linspace(1.0, 9.0, 9)
    whole = reduce(cells, energies, RANGE)
    blocks = [reduce(cells[rows], energies[rows], RANGE) for rows in (slice(0, 4), slice(4, 9))]
    assert equal(joined(blocks), whole)
    assert equal(taken(whole, np.arange(9) < 4), blocks[0])


def test_showers_of_one_energy_stay_together() -> None:
    """One point, every shower."""
    ((point, rows),) = energy_bins(POINT, np.ones(3))
    assert (point, rows.tolist()) == (POINT, [True, True, True])


def test_a_range_of_energies_is_divided_evenly_in_its_logarithm() -> None:
    """Each shower is in the one bin that holds its energy; both ends belong to a bin."""
    energies = np.array([1.0, 5.0, 6.0, 31.0, 32.0, 177.0, 178.0, 1000.0])
    found = list(energy_bins(RANGE, energies))
    assert [(point.energy_gev, point.highest_gev) for point, _ in found] == [
        (1.0, 5.62),
        (5.62, 31.6),
        (31.6, 178.0),
        (178.0, 1000.0),
    ]
    assert str(found[1][0]) == "SiW, 5.62 to 31.6 GeV, 90 degrees"
    assert [energies[rows].tolist() for _, rows in found] == [[1, 5], [6, 31], [32, 177], [178, 1000]]

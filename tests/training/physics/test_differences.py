# SPDX-License-Identifier: Apache-2.0
"""A generator that is wrong in one way is seen by the observables of that way, and by no other."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from tests.training.physics.made import MESH, full_simulation, reduced
from training.geometry import Point
from training.physics.differences import correlations, differences, histogram_edges
from training.physics.observables import Estimate, Sample, physics_distance
from training.scaling import Floats

SHOWERS = 400


@pytest.fixture(scope="module")
def floor(full: Floats) -> dict[str, Estimate]:
    """Two independent samples of full simulation."""
    return compare(full, full_simulation(SHOWERS, seed=2))


def compare(full: Floats, other: Floats) -> dict[str, Estimate]:
    """Compare showers, with a seed."""
    return differences(reduced(full), reduced(other), np.random.default_rng(1))


def too_much_energy(showers: Floats) -> Floats:
    """5 % in every cell."""
    return np.asarray(showers * np.float32(1.05))


def too_deep(showers: Floats) -> Floats:
    """One layer."""
    return np.roll(showers, 1, axis=3)


def other_cell_order(showers: Floats) -> Floats:
    """Written as z, phi, r; read as r, phi, z."""
    return np.ascontiguousarray(showers.transpose(0, 3, 2, 1)).reshape(showers.shape)


def too_wide(showers: Floats) -> Floats:
    """One ring."""
    return np.roll(showers, 1, axis=1)


def too_steady(showers: Floats) -> Floats:
    """Energies vary half as much."""
    energies = showers.sum(axis=(1, 2, 3), dtype=np.float64)
    wanted = energies.mean() + (energies - energies.mean()) / 2.0
    return np.asarray(showers * (wanted / energies)[:, None, None, None], dtype=np.float32)


def unrelated_layers(showers: Floats) -> Floats:
    """Each layer is that of another shower."""
    random = np.random.default_rng(3)
    layers = [showers[random.permutation(len(showers)), :, :, layer] for layer in range(MESH.z)]
    return np.asarray(np.stack(layers, axis=3))


def dense(showers: Floats) -> Floats:
    """Empty cells get 0.1 MeV, as a decoder lights them."""
    return np.maximum(showers, np.float32(0.1 / 64_000.0))


ENERGY = {"energy_mean", "energy_wasserstein", "energy_separation"}
FLUCTUATIONS = {"energy_sigma", "energy_resolution", "energy_wasserstein", "energy_separation"}
DEPTH = {"longitudinal_first_moment_wasserstein", "longitudinal_first_moment_separation", "longitudinal_l1"}
WIDTH = {"radial_first_moment_wasserstein", "radial_first_moment_separation", "radial_l1"}
CELLS = {"sparsity_wasserstein", "sparsity_separation", "cells_wasserstein", "cells_separation"}
LAYERS = {"layers_wasserstein", "layers_separation"}

WRONG = [
    pytest.param(too_much_energy, ENERGY, ("longitudinal", "radial", "layers_cor"), id="energy"),
    pytest.param(too_deep, DEPTH | LAYERS, ("energy", "radial", "sparsity", "cells"), id="depth"),
    pytest.param(too_wide, WIDTH, ("energy", "longitudinal", "layers", "sparsity", "cells"), id="width"),
    pytest.param(other_cell_order, DEPTH | WIDTH, ("energy", "sparsity", "cells"), id="cell-order"),
    pytest.param(too_steady, FLUCTUATIONS, ("longitudinal_first", "longitudinal_sec", "radial"), id="sigma"),
    pytest.param(
        unrelated_layers,
        {"layers_correlation"},
        ("energy_mean", "longitudinal_l1", "radial_l1", "layers_wasser", "layers_separation", "cells"),
        id="correlation",
    ),
    pytest.param(dense, CELLS, ("layers_correlation",), id="dense"),
]


@pytest.mark.parametrize(("wrong", "seen", "blind"), WRONG)
def test_a_wrong_generator_is_seen_where_it_is_wrong(
    full: Floats,
    floor: dict[str, Estimate],
    wrong: Callable[[Floats], Floats],
    seen: set[str],
    blind: tuple[str, ...],
) -> None:
    """There it lies far above the floor, by many errors; elsewhere it is what it was, which is equal."""
    found = compare(full, wrong(full))
    for name in seen:
        assert found[name].value > 2.0 * floor[name].value, name
        assert found[name].value > 5.0 * found[name].error, name
    untouched = [name for name in found if name.startswith(blind)]
    assert len(untouched) >= 1
    assert {name: found[name].value for name in untouched} == pytest.approx(
        dict.fromkeys(untouched, 0.0), abs=2e-3
    )


def test_equal_samples_differ_by_nothing(full: Floats) -> None:
    """Every difference is exactly 0."""
    assert {found.value for found in compare(full, full).values()} == {0.0}


def test_a_turn_about_the_axis_is_no_difference(full: Floats) -> None:
    """A shower at 90 degrees has no preferred azimuth, and nothing here sums otherwise than over it."""
    found = compare(full, np.roll(full, 3, axis=2))
    assert max(one.value for one in found.values()) < 1e-5


def test_the_floor_lies_within_reach_of_its_errors(floor: dict[str, Estimate]) -> None:
    """Independent samples differ by chance alone, and the errors have the size of chance."""
    assert all(0.0 < one.value < 0.35 for one in floor.values())
    assert all(0.0 < one.error < one.value * 1.5 for one in floor.values())


def test_a_mean_that_is_off_by_5_percent_reads_0_05(full: Floats) -> None:
    """With an error of the energy's spread over the root of the showers, of both samples."""
    found = compare(full, too_much_energy(full))
    energies = full.sum(axis=(1, 2, 3))
    assert found["energy_mean"].value == pytest.approx(0.05, rel=1e-4)
    assert found["energy_sigma"].value == pytest.approx(0.05, rel=1e-4)
    relative = float(energies.std() / energies.mean())
    assert found["energy_mean"].error == pytest.approx(relative * math.sqrt(2 / SHOWERS), rel=0.4)


def test_the_objective_is_that_of_the_search(full: Floats) -> None:
    """What is minimised and what is reported are one number."""
    first, second = reduced(full), reduced(too_deep(full))
    point = Point("SiW", 90.0, 64.0)
    found = differences(first, second, np.random.default_rng(1))["physics_distance"]
    assert found.value == pytest.approx(physics_distance({point: first}, {point: second}))


def test_samples_may_differ_in_size(full: Floats) -> None:
    """A hundred showers against four hundred of the same simulation differ by chance alone."""
    found = compare(full, full[:100])
    assert 0.0 < found["physics_distance"].value < 0.15


@pytest.mark.parametrize("count", [1, 2], ids=["one", "two"])
def test_the_smallest_samples_and_empty_showers_give_finite_numbers(full: Floats, count: int) -> None:
    """A model that generates nothing is bad, not a division by zero."""
    nothing = np.zeros_like(full[:count])
    for first, second in ((nothing, full[:count]), (full[:count], nothing), (nothing, nothing)):
        found = compare(first, second)
        assert all(math.isfinite(one.value) and math.isfinite(one.error) for one in found.values())


def test_correlations_are_numpys(full: Floats) -> None:
    """Coefficients between the layers' energies; a layer that never varies has none."""
    sample: Sample = reduced(full)
    assert correlations(sample["layers"]) == pytest.approx(np.corrcoef(sample["layers"].T), abs=1e-9)
    constant = np.column_stack([sample["layers"][:, 0], np.full(SHOWERS, 0.1)])
    assert correlations(constant).tolist() == [[pytest.approx(1.0), 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(("count", "bins"), [(4, 5), (400, 20), (10_000, 50)])
def test_bins_follow_the_smaller_sample(count: int, bins: int) -> None:
    """The root of its size, 5 to 50, over what the full sample covers."""
    edges = histogram_edges(np.linspace(0.0, 1.0, 10_000), count)
    assert (len(edges) - 1, edges[0], edges[-1]) == (bins, 0.0, 1.0)

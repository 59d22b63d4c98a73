# SPDX-License-Identifier: Apache-2.0
"""All points together: means with their errors, and distances in spreads of each point."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.physics.made import MESH, POINT, full_simulation, reduced
from training.geometry import Point
from training.physics.compare import compare_point, features, over_points, standardised, together
from training.physics.observables import JUDGED, Estimate, Sample
from training.scaling import Floats

OTHER = Point("SciPb", 50.0, 1.0)


def at_two_points(fractions: Floats, factor: float = 1.0) -> dict[Point, Sample]:
    """Half of the showers at each of two points, at one of them with another energy in every cell."""
    first, second = np.split(fractions, 2)
    return {POINT: reduced(first), OTHER: reduced(np.asarray(second * np.float32(factor)))}


def test_means_over_points_have_the_errors_of_means() -> None:
    """Errors of points add in squares; the objective comes first."""
    found = over_points(
        [
            {"radial_l1": Estimate(0.2, 0.3), "physics_distance": Estimate(1.0)},
            {"radial_l1": Estimate(0.4, 0.4), "physics_distance": Estimate(2.0)},
        ]
    )
    assert list(found) == ["physics_distance", "radial_l1"]
    assert found["radial_l1"].value == pytest.approx(0.3)
    assert found["radial_l1"].error == pytest.approx(0.25)


def test_features_are_energy_moments_and_layers() -> None:
    """Without sparsity, which alone would tell a dense decoder from simulation."""
    sample = reduced(full_simulation(5, seed=1))
    found = features(sample)
    assert found.shape == (5, len(JUDGED) + MESH.z)
    assert found[:, 0].tolist() == sample.scalars["energy"].tolist()
    assert found[:, len(JUDGED) :].tolist() == sample.layers.tolist()


def test_features_are_in_spreads_of_their_own_point() -> None:
    """Points whose energies differ a thousandfold stand beside each other."""
    samples = at_two_points(full_simulation(100, seed=1), factor=1e-3)
    rows = standardised(samples, samples)
    assert rows.shape == (100, len(JUDGED) + MESH.z)
    for half in (rows[:50], rows[50:]):
        assert half.mean(axis=0) == pytest.approx(np.zeros(rows.shape[1]), abs=1e-4)
        assert half.std(axis=0) == pytest.approx(np.ones(rows.shape[1]), rel=1e-4)


def test_full_simulation_is_the_floor_of_itself() -> None:
    """Two samples of it: distances of 0 and an area of 0.5, within errors; a wrong model is far above."""
    full, second = full_simulation(400, seed=1), full_simulation(400, seed=2)
    wrong = np.asarray(np.roll(full_simulation(400, seed=3), 1, axis=3))
    model, floor = together(at_two_points(full), at_two_points(wrong), at_two_points(second))
    assert list(model) == list(floor) == ["fpd", "kpd", "auc"]
    assert floor["fpd"].value < 4.0 * floor["fpd"].error
    assert abs(floor["kpd"].value) < 4.0 * floor["kpd"].error
    assert floor["auc"].value == pytest.approx(0.5, abs=0.1)
    for name in ("fpd", "kpd"):
        assert model[name].value > 10.0 * max(floor[name].value, floor[name].error), name
    assert model["auc"].value > 0.95


def test_a_comparison_has_both_sides_of_every_number() -> None:
    """Model and floor by the same names; correlations of both samples."""
    full, second = full_simulation(30, seed=1), full_simulation(30, seed=2)
    found = compare_point(POINT, MESH, (reduced(full), reduced(full), reduced(second)))
    assert (found.point, found.showers) == (POINT, 30)
    assert set(found.differences) == set(found.floor)
    assert found.differences["physics_distance"].value == 0.0 < found.floor["physics_distance"].value
    assert found.correlations_full.shape == (MESH.z, MESH.z)
    assert np.array_equal(found.correlations_full, found.correlations_generated)


def test_the_same_samples_get_the_same_numbers() -> None:
    """A threshold must not be passed by chance."""
    full, second = reduced(full_simulation(30, seed=1)), reduced(full_simulation(30, seed=2))
    first, again = (compare_point(POINT, MESH, (full, second, second)) for _ in range(2))
    assert first.differences == again.differences
    mapped = {POINT: full}, {POINT: second}, {POINT: second}
    assert together(*mapped) == together(*mapped)

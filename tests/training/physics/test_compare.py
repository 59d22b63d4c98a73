# SPDX-License-Identifier: Apache-2.0
"""All points together: means with their errors, and distances in spreads of each point."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.physics.made import MESH, POINT, full_simulation, reduced
from training.geometry import Point
from training.physics.compare import DISTANCES, compare_point, compare_points, over_points, standardised
from training.physics.curves import Samples
from training.physics.observables import JUDGED, Estimate
from training.scaling import Floats

OTHER = Point("SciPb", 50.0, 1.0)


def at_two_points(*three: Floats) -> dict[Point, Samples]:
    """Full simulation, the model and full simulation again: half of each at each of two points."""
    halves = zip(*(np.split(fractions, 2) for fractions in three), strict=True)
    (full, model, floor), (other_full, other_model, other_floor) = (map(reduced, half) for half in halves)
    return {POINT: (full, model, floor), OTHER: (other_full, other_model, other_floor)}


def test_means_over_points_have_the_errors_of_means() -> None:
    """Errors of points add in squares."""
    found = over_points(
        [
            {"radial_l1": Estimate(0.2, 0.3), "physics_distance": Estimate(1.0)},
            {"radial_l1": Estimate(0.4, 0.4), "physics_distance": Estimate(2.0)},
        ]
    )
    assert found["physics_distance"].value == 1.5
    assert found["radial_l1"].value == pytest.approx(0.3)
    assert found["radial_l1"].error == pytest.approx(0.25)


def test_features_are_energy_moments_and_layers_in_spreads_of_full_simulation() -> None:
    """Without sparsity, which alone would tell a dense decoder from simulation."""
    full, model, floor = (reduced(full_simulation(50, seed)) for seed in (1, 2, 3))
    rows = standardised((full, model, floor))
    assert [each.shape for each in rows] == [(50, len(JUDGED) + MESH.z)] * 3
    simulated = np.concatenate([rows[0], rows[2]])
    assert simulated.mean(axis=0) == pytest.approx(np.zeros(simulated.shape[1]), abs=1e-9)
    assert simulated.std(axis=0) == pytest.approx(np.ones(simulated.shape[1]))
    energy, layer = model["energy"], model["layers"][:, 2]
    assert np.corrcoef(rows[1][:, 0], energy)[0, 1] == pytest.approx(1.0)
    assert np.corrcoef(rows[1][:, len(JUDGED) + 2], layer)[0, 1] == pytest.approx(1.0)


def test_full_simulation_is_the_floor_of_itself() -> None:
    """Two samples of it: distances of 0 and an area of 0.5, within errors; a wrong model is far above."""
    full, second, third = (full_simulation(400, seed) for seed in (1, 2, 3))
    found = compare_points(at_two_points(full, np.roll(third, 1, axis=3), second), MESH)
    model, floor = found.metrics, found.floor
    assert list(model)[:4] == list(floor)[:4] == ["physics_distance", *DISTANCES]
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
    samples = at_two_points(*(full_simulation(30, seed) for seed in (1, 2, 3)))
    first, again = (compare_points(samples, MESH) for _ in range(2))
    assert (first.metrics, first.floor) == (again.metrics, again.floor)

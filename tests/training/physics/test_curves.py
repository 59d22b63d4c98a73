# SPDX-License-Identifier: Apache-2.0
"""What is drawn of a point are the means and distributions of its showers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.physics.made import MESH, POINT, reduced
from training.geometry import SIW
from training.physics.curves import Curve, curves
from training.scaling import Floats

SHOWERS = 100


def drawn(full: Floats, generated: Floats) -> dict[str, Curve]:
    """The curves by their names, with full simulation as its own floor."""
    found = curves(POINT, MESH, (reduced(full), reduced(generated), reduced(full)))
    assert len({curve.name for curve in found}) == len(found)
    return {curve.name: curve for curve in found}


def test_all_that_papers_show_is_drawn(full: Floats) -> None:
    """Profiles, energy, four moments, sparsity, layers, cells; each array has an entry for each bin."""
    found = drawn(full, full)
    assert list(found) == [
        "Longitudinal profile",
        "Radial profile",
        "Deposited energy",
        "Longitudinal first moment",
        "Longitudinal second moment",
        "Radial first moment",
        "Radial second moment",
        "Sparsity",
        "Energy in layer 2 of 9",
        "Energy in layer 5 of 9",
        "Energy in layer 8 of 9",
        "Cell energies",
    ]
    for curve in found.values():
        bins = len(curve.edges) - 1
        for values, errors in (curve.full, curve.generated, curve.floor):
            assert values.shape == errors.shape == (bins,)
            assert np.isfinite(errors).all()
        assert (np.diff(curve.edges) > 0.0).all()


def test_profiles_are_mean_energies_in_mm(full: Floats) -> None:
    """They add up to the mean deposited energy; errors are those of a mean."""
    found = drawn(full, full)
    energy = full.sum(axis=(1, 2, 3)).mean()
    for name, size in (("Longitudinal profile", SIW.depth_mm), ("Radial profile", SIW.radius_mm)):
        assert found[name].full[0].sum() == pytest.approx(energy, rel=1e-5)
        assert found[name].edges[-1] == pytest.approx(size)
    layers = full.sum(axis=(1, 2))
    assert found["Longitudinal profile"].full[1] == pytest.approx(layers.std(axis=0) / 10.0, rel=1e-4)


def test_distributions_are_shares_that_sum_to_1(full: Floats) -> None:
    """Also of a model far away: what lies outside stands in the outermost bins, drawn one span away."""
    far = np.asarray(full * np.float32(3.0))
    curve = drawn(full, far)["Deposited energy"]
    assert curve.full[0].sum() == pytest.approx(1.0)
    assert curve.generated[0].sum() == pytest.approx(1.0)
    assert curve.generated[0][-1] == 1.0
    energies = full.sum(axis=(1, 2, 3))
    assert curve.edges[0] == pytest.approx(energies.min())
    assert curve.edges[-1] == pytest.approx(2 * energies.max() - energies.min())


def test_the_error_of_a_share_is_the_binomials(full: Floats) -> None:
    """Root of p (1 - p) / n."""
    curve = drawn(full, full)["Deposited energy"]
    share, error = curve.full
    assert error == pytest.approx(np.sqrt(share * (1.0 - share) / SHOWERS))


def test_cell_energies_count_every_cell_above_the_threshold(full: Floats) -> None:
    """Cells per shower over log10 of MeV, without the empty ends."""
    curve = drawn(full, full)["Cell energies"]
    lit = (full * np.float32(64_000.0) > 0.5e-3 / 0.033).sum() / SHOWERS
    assert curve.full[0].sum() == pytest.approx(lit)
    assert curve.full[0][0] > 0.0
    assert curve.full[0][-1] > 0.0
    assert curve.logarithmic


def test_a_model_that_generates_nothing_can_be_drawn(full: Floats) -> None:
    """And so can full simulation without any spread."""
    nothing = np.zeros_like(full)
    for pair in ((full, nothing), (nothing, full), (nothing, nothing)):
        assert all(np.isfinite(curve.generated[0]).all() for curve in drawn(*pair).values())

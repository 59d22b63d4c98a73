# SPDX-License-Identifier: Apache-2.0
"""A classifier finds what there is to find, and nothing where there is nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.training.physics.made import normal, rng
from training.physics.two_sample import classifier_auc


def test_equal_distributions_cannot_be_told_apart() -> None:
    """0.5 within its errors, for as few showers as the example has."""
    found = [classifier_auc(*normal(240, 15, seed), rng(seed)) for seed in range(3)]
    assert np.mean([one.value for one in found]) == pytest.approx(0.5, abs=0.05)
    assert all(abs(one.value - 0.5) < 4.0 * one.error + 0.02 for one in found)


def test_samples_that_never_meet_are_always_told_apart() -> None:
    """1."""
    first, second = normal(100, 3)
    assert classifier_auc(first, second + 20.0, rng()).value == 1.0


def test_a_shift_gives_the_area_that_nobody_can_beat() -> None:
    """Two normal distributions d apart: Phi(d / sqrt 2) is the best there is; trees come close from below."""
    first, second = normal(1500, 2)
    second[:, 0] += 1.0
    best = 0.5 * (1.0 + math.erf(1.0 / 2.0))
    found = classifier_auc(first, second, rng())
    assert best - 0.05 < found.value < best + 3.0 * found.error


def test_it_sees_what_single_observables_do_not() -> None:
    """Two features of equal distributions each, correlated in one sample and not in the other."""
    first, second = normal(800, 2)
    second[:, 1] = 0.9 * second[:, 0] + math.sqrt(1 - 0.9**2) * second[:, 1]
    assert classifier_auc(first, second, rng()).value > 0.75


def test_it_is_the_same_both_ways_and_for_the_same_seed() -> None:
    """Which sample is called generated does not matter, but for where rows fall into folds."""
    first, second = normal(300, 4)
    second[:, 0] += 0.7
    there, back = classifier_auc(first, second, rng()), classifier_auc(second, first, rng())
    assert there.value == pytest.approx(back.value, abs=3.0 * there.error)
    assert classifier_auc(first, second, rng()) == there


def test_few_showers_give_a_finite_area() -> None:
    """Fewer than there are folds."""
    found = classifier_auc(*normal(2, 3), rng())
    assert np.isfinite([found.value, found.error]).all()

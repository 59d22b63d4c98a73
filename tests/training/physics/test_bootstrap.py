# SPDX-License-Identifier: Apache-2.0
"""The errors are those that repeating the whole experiment would show."""

from __future__ import annotations

import numpy as np
import pytest

from training.physics.differences import estimate, weights
from training.physics.observables import wassersteins


def test_the_first_row_is_the_sample_itself_and_all_have_its_size() -> None:
    """Each shower once; then as many showers as there are, some of them more than once."""
    drawn = weights(20, np.random.default_rng(1), 30)
    assert drawn.shape == (31, 20)
    assert drawn[0].tolist() == [1.0] * 20
    assert set(drawn.sum(axis=1)) == {20.0}
    assert drawn.max() > 1.0


def test_the_error_of_a_mean_is_the_textbooks() -> None:
    """Sigma / sqrt(n), to the 7 % that 200 resamples leave."""
    random = np.random.default_rng(1)
    values = random.normal(5.0, 2.0, 400)
    found = estimate(weights(400, random, 200) @ values / 400)
    assert found.value == pytest.approx(values.mean())
    assert found.error == pytest.approx(values.std() / 20.0, rel=0.2)


def test_the_error_of_a_wasserstein_distance_is_that_of_repetitions() -> None:
    """Samples of 100 with means 1 apart, drawn again and again."""
    random = np.random.default_rng(1)

    def once(resamples: int) -> tuple[float, float]:
        first, second = random.normal(size=100), random.normal(1.0, 1.0, size=100)
        found = estimate(
            wassersteins(first, second, weights(100, random, resamples), weights(100, random, resamples))
        )
        return found.value, found.error

    values, errors = np.array([once(50) for _ in range(100)]).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.25)

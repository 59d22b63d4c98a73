# SPDX-License-Identifier: Apache-2.0
"""Which epoch is the best one, and how long ago it was."""

from __future__ import annotations

import pytest

from training.vae.fit import untrained
from training.vae.model import Architecture
from training.vae.settings import Settings
from training.vae.state import Epoch, Progress


def after(*distances: float) -> Progress:
    """A training after epochs with these physics distances; losses fall all the way."""
    settings = Settings(hidden=(4,))
    start = untrained(Architecture((1, 1, 2), 2, (4,)), settings)
    curve = [Epoch(n, 1.0 / n, 1.0 / n, distance) for n, distance in enumerate(distances, start=1)]
    return Progress(start.model, start.optimizer, start.best, tuple(curve))


@pytest.mark.parametrize(
    ("distances", "best", "without_gain"),
    [((3.0, 2.0, 1.0), 3, 0), ((1.0, 2.0, 3.0), 1, 2), ((2.0, 1.0, 1.0, 1.0), 2, 2)],
    ids=["falling", "rising", "equals"],
)
def test_the_best_epoch_has_the_lowest_physics_distance(
    distances: tuple[float, ...], best: int, without_gain: int
) -> None:
    """The earliest of equals, as Katib takes it; an equal one is no gain."""
    progress = after(*distances)
    assert progress.best_epoch == progress.curve[best - 1]
    assert progress.without_gain == without_gain


def test_before_the_first_epoch_there_is_no_best_one() -> None:
    """The first one is running."""
    progress = after()
    assert (progress.best_epoch, progress.without_gain, progress.epoch) == (None, 0, 1)

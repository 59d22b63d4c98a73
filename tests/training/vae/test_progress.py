# SPDX-License-Identifier: Apache-2.0
"""Which epoch is the best one, and after how many more a training ends."""

from __future__ import annotations

import pytest

from training.geometry import Mesh
from training.vae.fit import finished, untrained
from training.vae.settings import Settings
from training.vae.state import Epoch, Progress

START = untrained(Mesh(1, 1, 2), Settings(hidden=(4,), latent_dim=2))


def after(*distances: float) -> Progress:
    """A training after epochs with these physics distances; losses fall all the way."""
    curve = [Epoch(n, 1.0 / n, 1.0 / n, distance) for n, distance in enumerate(distances, start=1)]
    return Progress(START.model, START.optimizer, START.best, tuple(curve))


@pytest.mark.parametrize(
    ("distances", "best", "without_gain"),
    [((3.0, 2.0, 1.0), 3, 0), ((1.0, 2.0, 3.0), 1, 2), ((2.0, 1.0, 1.0, 1.0), 2, 2)],
    ids=["falling", "rising", "equals"],
)
def test_the_best_epoch_has_the_lowest_physics_distance(
    distances: tuple[float, ...], best: int, without_gain: int
) -> None:
    """The earliest of equals, as Katib takes it; an equal one is no gain to be patient for."""
    progress = after(*distances)
    assert progress.best_epoch == progress.curve[best - 1]
    patient = [patience for patience in range(1, 5) if not finished(progress, Settings(patience=patience))]
    assert patient == list(range(without_gain + 1, 5))


def test_without_patience_every_epoch_is_done() -> None:
    """However long nothing is gained; and before the first one nobody is impatient."""
    assert not finished(after(), Settings(epochs=3, patience=1))
    assert not finished(after(1.0, 2.0), Settings(epochs=3))
    assert finished(after(1.0, 2.0, 3.0), Settings(epochs=3))

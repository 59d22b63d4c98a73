# SPDX-License-Identifier: Apache-2.0
"""Earlier trials for the tests of a warm start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.engines.local.search.warm_start import begin
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import EarlierTrials, Trial
from tests.builders.experiment import double
from tests.builders.result import bare_trial
from tests.engines.local.search.searching import search

SQUARE = (double("x", "0", "1"), double("y", "0", "1"))


def corner(texts: Mapping[str, str]) -> float:
    """Least at x = 0.9, y = 0.1, where no algorithm begins."""
    return (float(texts["x"]) - 0.9) ** 2 + (float(texts["y"]) - 0.1) ** 2


def drawn(count: int, objective: Callable[[Mapping[str, str]], float] = corner) -> list[Trial]:
    """Trials at random points of the square."""
    chance = Random(count)
    points = [{"x": str(chance.random()), "y": str(chance.random())} for _ in range(count)]
    return [
        bare_trial(f"other-{place}", loss=str(objective(point)), parameters=point)
        for place, point in enumerate(points)
    ]


def source(trials: list[Trial], name: str = "runs/other") -> EarlierTrials:
    """A source that has these trials."""
    return EarlierTrials(name, lambda: trials)


def told(an_experiment: Experiment, trials: list[Trial], folder: Path | None = None) -> Suggestions:
    """A search that is told trials when it begins, in memory unless a folder is given."""
    return search(an_experiment, folder, begin(an_experiment, [source(trials)]))

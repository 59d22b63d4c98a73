# SPDX-License-Identifier: Apache-2.0
"""Earlier trials for the tests of a warm start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_file import open_journal
from kfp_katib.engines.local.search.suggestions import Suggestions, misfit, open_study
from kfp_katib.engines.local.search.warm_start import begin
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import EarlierTrials, Trial
from tests.builders.experiment import double
from tests.builders.result import bare_trial

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
    journal = Journal(an_experiment.name)
    if folder is not None:
        path = folder / an_experiment.name / "journal"
        path.parent.mkdir(parents=True, exist_ok=True)
        journal = open_journal(path, belongs=lambda _: True, misfit=misfit(an_experiment))
    return open_study(an_experiment, journal, begin(an_experiment, [source(trials)]))

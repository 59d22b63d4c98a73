# SPDX-License-Identifier: Apache-2.0
"""What a search algorithm is: a function from a trial's number to the values of that trial.

An algorithm may look at the study, and must be a function of it: the same journal and the same number
give the same values, in this process or in the one that goes on after it was killed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from kfp_katib.engines.local.journal import StudyTrial
    from kfp_katib.engines.local.search.space import Dimension, Values

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "random": ("sequences", "propose_random"),
    "grid": ("sequences", "propose_grid"),
    "sobol": ("sequences", "propose_sobol"),
    "tpe": ("tpe", "propose_tpe"),
    "multivariate-tpe": ("tpe", "propose_multivariate_tpe"),
    "bayesianoptimization": ("bayesian_optimization", "propose_bayesian_optimization"),
    "cmaes": ("cma_es", "propose_cma_es"),
}
"""Katib's name of an algorithm to module and function; the heavy libraries are behind these modules."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next trial's values, and what the algorithm wants to find in the journal later on."""

    values: Values
    note: Mapping[str, object] = field(default_factory=dict)


Propose = Callable[[int], Proposal | None]
"""The trial's number to its proposal; None where the search has nothing left to propose."""


@dataclass(frozen=True, slots=True)
class Search:
    """All that an algorithm may use.

    Attributes:
        dimensions: The search space, in the manifest's order.
        settings: Katib's algorithm settings, already validated.
        seed: `random_state`, or a number drawn once and kept in the study.
        trials: The history, which grows; read only.
        maximize: Whether a greater value is better.
        parallel: How many trials run at a time.
        budget: The greatest number of trials; None without one.
    """

    dimensions: Sequence[Dimension]
    settings: Mapping[str, str]
    seed: int
    trials: Sequence[StudyTrial]
    maximize: bool
    parallel: int
    budget: int | None

    @property
    def sign(self) -> float:
        """What makes a smaller value the better one."""
        return -1.0 if self.maximize else 1.0

    def random(self, number: int | str) -> random.Random:
        """The source of chance of one trial, or of one named thing."""
        return random.Random(f"{self.seed}/{number}")


def propose_for(name: str, search: Search) -> Propose:
    """The algorithm of that name, ready to propose."""
    module, function = ALGORITHMS[name]
    return cast("Propose", getattr(import_module(f"{__package__}.{module}"), function)(search))

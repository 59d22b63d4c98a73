# SPDX-License-Identifier: Apache-2.0
"""What a search algorithm is, and those that do not depend on results: random, grid and sobol.

An algorithm is a function from a trial's number to the values of that trial. It may use the study, but
nothing else: the same journal and number give the same values, in this process or in one that resumes it.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from kfp_katib.engines.local.journal import StudyTrial
    from kfp_katib.engines.local.search.space import Dimension, Values

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "random": ("algorithms", "propose_random"),
    "grid": ("algorithms", "propose_grid"),
    "sobol": ("algorithms", "propose_sobol"),
    "tpe": ("tpe", "propose_tpe"),
    "multivariate-tpe": ("tpe", "propose_multivariate_tpe"),
    "bayesianoptimization": ("bayesian_optimization", "propose_bayesian_optimization"),
    "cmaes": ("cma_es", "propose_cma_es"),
}
"""Module and function by Katib's name of the algorithm; only these modules import heavy libraries."""

LATER: Mapping[str, str] = {"tpe": "optuna", "multivariate-tpe": "optuna"}
"""The library that an algorithm needs after its first suggestions; imported while those run."""


CMA_ES_NEEDS = 10
"""The trials from which CMA-ES can begin: it takes a tenth of them, the best."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next trial's values, and what the algorithm needs to find in the journal later."""

    values: Values
    note: Mapping[str, object] = field(default_factory=dict)


Propose = Callable[[int], Proposal | None]
"""From a trial's number to its proposal; None if there is nothing left to propose."""


@dataclass(frozen=True, slots=True)
class Search:
    """Everything that an algorithm may use.

    Attributes:
        dimensions: The search space, in the manifest's order.
        settings: Katib's algorithm settings, already validated.
        seed: `random_state`, or a number drawn once and kept in the study.
        trials: The history, which grows; read only.
        maximize: Whether a greater value is better.
        parallel: How many trials run at a time.
        budget: The maximum number of trials; None if there is none.
        earlier: Trials of other searches, all complete, that are known before the first.
    """

    dimensions: Sequence[Dimension]
    settings: Mapping[str, str]
    seed: int
    trials: Sequence[StudyTrial]
    maximize: bool
    parallel: int
    budget: int | None
    earlier: Sequence[StudyTrial] = ()

    @property
    def sign(self) -> float:
        """The factor that makes smaller values better."""
        return -1.0 if self.maximize else 1.0

    def random(self, number: int | str) -> random.Random:
        """The random generator of one trial, or of one named purpose."""
        return random.Random(f"{self.seed}/{number}")


def propose_for(name: str, search: Search) -> Propose:
    """The algorithm with this name, ready to propose."""
    module, function = ALGORITHMS[name]
    return cast("Propose", getattr(import_module(f"{__package__}.{module}"), function)(search))


def propose_random(search: Search) -> Propose:
    """The algorithm `random`: each trial's values are drawn from the parameters' own distributions."""

    def propose(number: int) -> Proposal:
        chance = search.random(number)
        return Proposal({dim.name: dim.at(chance.random()) for dim in search.dimensions})

    return propose


def propose_grid(search: Search) -> Propose:
    """The algorithm `grid`: every cell of the lattice once, then nothing.

    A failed trial uses up its cell, as in Katib's service. The enumeration is our own, because Optuna's
    GridSampler raises from `tell` on its last cell outside `optimize`.
    """
    order = _order(search, cells(search.dimensions))

    def propose(number: int) -> Proposal | None:
        if number >= len(order):
            return None
        return Proposal(_cell(search.dimensions, order[number]))

    return propose


def cells(dimensions: Sequence[Dimension]) -> int:
    """How many cells the grid has; every double needs a step (a rule of the manifest)."""
    return math.prod(dim.count or 0 for dim in dimensions)


def _order(search: Search, total: int) -> Sequence[int]:
    """The cells to visit: a random sample if the budget is less than the grid, otherwise all in order."""
    if search.budget is None or search.budget >= total:
        return range(total)
    return search.random("grid").sample(range(total), search.budget)


def _cell(dimensions: Sequence[Dimension], index: int) -> Values:
    """The values of one cell; the last parameter changes fastest."""
    values = {}
    for dim in reversed(dimensions):
        index, position = divmod(index, dim.count or 1)
        values[dim.name] = dim.nth(position)
    return values


def propose_sobol(search: Search) -> Propose:
    """The algorithm `sobol`, by SciPy: not scrambled, one coordinate per parameter in order of their names.

    Both are as in Katib's service (goptuna), so that a continuous uniform double gets the same values there.
    Optuna's QMCSampler draws its first point at random and then does not skip the sequence's first point,
    which is zero in every coordinate; Katib's service starts at the second, one half in every coordinate.
    """
    from scipy.stats import qmc

    dimensions = sorted(search.dimensions, key=lambda dim: dim.name)
    engine = qmc.Sobol(len(dimensions), scramble=False)

    def propose(number: int) -> Proposal:
        if engine.num_generated != number + 1:
            engine.reset()
            engine.fast_forward(number + 1)
        with warnings.catch_warnings():  # SciPy warns that a single point is not a balanced sample
            warnings.simplefilter("ignore", UserWarning)
            (point,) = engine.random(1)
        return Proposal({dim.name: dim.at(float(unit)) for dim, unit in zip(dimensions, point, strict=True)})

    return propose

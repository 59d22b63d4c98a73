# SPDX-License-Identifier: Apache-2.0
"""What a search algorithm is, and two that do not depend on results: random and grid.

An algorithm is a function from a trial's number to the values of that trial. It may use the study, but
nothing else: the same journal and number give the same values, in this process or in one that resumes it.
"""

from __future__ import annotations

import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, cast

if TYPE_CHECKING:
    from kfp_katib.engines.local.journal import StudyTrial
    from kfp_katib.engines.local.search.space import Dimension, Values
    from kfp_katib.experiment.parts import NasConfig

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "random": ("algorithms", "propose_random"),
    "grid": ("algorithms", "propose_grid"),
    "sobol": ("sobol", "propose_sobol"),
    "tpe": ("tpe", "propose_tpe"),
    "multivariate-tpe": ("tpe", "propose_multivariate_tpe"),
    "bayesianoptimization": ("bayesian_optimization", "propose_bayesian_optimization"),
    "cmaes": ("cma_es", "propose_cma_es"),
    "pbt": ("pbt", "propose_pbt"),
    "darts": ("architectures", "propose_darts"),
    "enas": ("architectures", "propose_enas"),
    "hyperband": ("hyperband", "propose_hyperband"),
}
"""Module and function by Katib's name of the algorithm; only these modules import heavy libraries."""

LATER: Mapping[str, str] = {"tpe": "optuna", "multivariate-tpe": "optuna"}
"""The library that an algorithm needs after its first suggestions; imported while those run."""


CMA_ES_NEEDS = 10
"""The trials from which CMA-ES can begin: it takes a tenth of them, the best."""
MOST_BAYESIAN = 100
"""The trials that Bayesian optimisation is told at most: its Gaussian process takes a minute for 1,000."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next trial's values, and what the algorithm needs to find in the journal later.

    `texts` holds assignments that have to be this very text, of parameters of the space and of others.
    """

    values: Values
    note: Mapping[str, object] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


WAIT: Final = "wait"
"""The answer of an algorithm that can go on only when one of the running trials has ended."""

Propose = Callable[[int], Proposal | Literal["wait"] | None]
"""From a trial's number to its proposal, to `WAIT`, or to None if there is nothing left to propose."""


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
        nas: What a search for neural architectures chooses from; it has no dimensions.
    """

    dimensions: Sequence[Dimension]
    settings: Mapping[str, str]
    seed: int
    trials: Sequence[StudyTrial]
    maximize: bool
    parallel: int
    budget: int | None
    earlier: Sequence[StudyTrial] = ()
    nas: NasConfig | None = None

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


def propose_random(search: Search) -> Callable[[int], Proposal]:
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
    return _Grid(search)


class _Grid:
    """A walk along the cells; one that the study has already, in whatever order it came there, is passed by.

    So a search that goes on with another budget, and so in another order, tries no cell twice and leaves none
    out. A list may hold a value twice, and then has two cells of it. Cells that earlier searches measured are
    passed by too, and others take their places in the sample.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._known = set(map(self._key, search.earlier))
        self._order = _order(search, cells(search.dimensions))
        self._at = 0
        self._seen = 0
        self._tried: Counter[tuple[str, ...]] = Counter()

    def __call__(self, number: int) -> Proposal | None:
        self._look(number)
        while self._at < len(self._order):
            cell = _cell(self._search.dimensions, self._order[self._at])
            key = tuple(dim.text(cell[dim.name]) for dim in self._search.dimensions)
            if not self._tried[key] and key not in self._known:
                return Proposal(cell)
            self._tried[key] -= key not in self._known
            self._at += 1
        return None

    def _look(self, number: int) -> None:
        """Take in the trials before this one; a failed cell that was run again is one cell."""
        for trial in self._search.trials[self._seen : number]:
            if trial.retries is None:
                self._tried[self._key(trial)] += 1
        self._seen = number

    def _key(self, trial: StudyTrial) -> tuple[str, ...]:
        return tuple(trial.record.parameters[dim.name] for dim in self._search.dimensions)


def cells(dimensions: Sequence[Dimension]) -> int:
    """How many cells the grid has; every double needs a step (a rule of the manifest)."""
    return math.prod(dim.count or 0 for dim in dimensions)


def _order(search: Search, total: int) -> Sequence[int]:
    """The cells to visit: a random sample if the budget is less than the grid, otherwise all in order."""
    if search.budget is None or (count := search.budget + len(search.earlier)) >= total:
        return range(min(total, sys.maxsize))  # nobody gets to the end of more
    chance = search.random("grid")
    if total <= sys.maxsize:
        return chance.sample(range(total), count)
    chosen: dict[int, None] = {}
    while len(chosen) < count:  # `sample` takes no population of this size
        chosen[chance.randrange(total)] = None
    return list(chosen)


def _cell(dimensions: Sequence[Dimension], index: int) -> Values:
    """The values of one cell; the last parameter changes fastest."""
    values = {}
    for dim in reversed(dimensions):
        index, position = divmod(index, dim.count or 1)
        values[dim.name] = dim.nth(position)
    return values

# SPDX-License-Identifier: Apache-2.0
"""The algorithms that no result changes: random search, the grid, and Sobol's quasi-random sequence."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

from kfp_katib.engines.local.search.algorithms import Proposal, Propose, Search
from kfp_katib.engines.local.search.space import Dimension, Values


def propose_random(search: Search) -> Propose:
    """The algorithm `random`: each trial's values are drawn from the parameters' own distributions."""

    def propose(number: int) -> Proposal:
        chance = search.random(number)
        return Proposal({dim.name: dim.at(chance.random()) for dim in search.dimensions})

    return propose


def propose_grid(search: Search) -> Propose:
    """The algorithm `grid`: every cell of the lattice once, and then nothing more.

    A trial that fails has used up its cell, as in Katib's service. Our own enumerator: Optuna's GridSampler
    raises from `tell` on its last cell outside `optimize`.
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
    """The cells to visit: any of them where the budget is less than the grid, else each in a row."""
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
    """The algorithm `sobol`, by SciPy: not scrambled, coordinates to the parameters in order of their names.

    Both as in Katib's service (goptuna), so that a continuous uniform double gets the same values there.
    Optuna's QMCSampler takes the first point at random and does not skip the sequence's own first, which is
    zero in every coordinate; Katib's service starts at the second, where every coordinate is one half.
    """
    from scipy.stats import qmc

    dimensions = sorted(search.dimensions, key=lambda dim: dim.name)
    engine = qmc.Sobol(len(dimensions), scramble=False)

    def propose(number: int) -> Proposal:
        if engine.num_generated != number + 1:
            engine.reset()
            engine.fast_forward(number + 1)
        with warnings.catch_warnings():  # SciPy warns that one point alone is no balanced sample
            warnings.simplefilter("ignore", UserWarning)
            (point,) = engine.random(1)
        return Proposal({dim.name: dim.at(float(unit)) for dim, unit in zip(dimensions, point, strict=True)})

    return propose

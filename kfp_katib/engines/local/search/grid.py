# SPDX-License-Identifier: Apache-2.0
"""Grid search: every cell of the lattice once, and then nothing more.

Our own enumerator: Optuna's GridSampler raises from `tell` on its last cell outside `optimize`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from kfp_katib.engines.local.search.proposal import Proposal, Propose, Search
from kfp_katib.engines.local.search.space import Dimension, Values


def propose_grid(search: Search) -> Propose:
    """The algorithm `grid`. A trial that fails has used up its cell, as in Katib's service."""
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

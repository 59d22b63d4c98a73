# SPDX-License-Identifier: Apache-2.0
"""How large the population is after CMA-ES has converged and starts again: IPOP and BIPOP.

IPOP doubles it (Auger and Hansen, CEC 2005). BIPOP spends as much on small populations as on large ones
(Hansen, GECCO workshop 2009). The factor of two is that of Katib's goptuna service.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from kfp_katib.engines.local.search.proposal import Search

FACTOR = 2


def restarts(search: Search, population: int) -> Restarts | None:
    """The strategy that the setting `restart_strategy` names; None for `none`, the default."""
    name = search.settings.get("restart_strategy", "none")
    if name == "none":
        return None
    return Restarts(name == "bipop", population, search.random("populations"))


@dataclass(slots=True)
class Restarts:
    """The account of the restarts so far; evaluations are counted for small and for large populations."""

    two_sizes: bool
    initial: int
    chance: Random
    large_restarts: int = 0
    small: int = 0
    large: int = 0
    is_small: bool = True

    def next(self, population: int, generations: int) -> int:
        """The population of the next start, after one of `population` that lasted `generations`."""
        if self.is_small:
            self.small += population * generations
        else:
            self.large += population * generations
        self.is_small = self.two_sizes and self.small < self.large
        if self.is_small:
            growth = FACTOR**self.large_restarts
            return int(self.initial * growth ** (self.chance.random() ** 2))
        self.large_restarts += 1
        return int(self.initial * FACTOR**self.large_restarts)

# SPDX-License-Identifier: Apache-2.0
"""What a search algorithm is: a function from a trial's number to the values of that trial.

An algorithm may look at the study, and must be a function of it: the same journal and the same number
give the same values, in this process or in the one that goes on after it was killed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.study import Study

    from kfp_katib.engines.local.search.space import Dimension, Values


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next trial's values, and what the algorithm wants to find in the journal later on."""

    values: Values
    notes: Mapping[str, object] = field(default_factory=dict)


Propose = Callable[[int], Proposal | None]
"""The trial's number to its proposal; None where the search has nothing left to propose."""


@dataclass(frozen=True, slots=True)
class Search:
    """All that an algorithm may use.

    Attributes:
        dimensions: The search space, in the manifest's order.
        settings: Katib's algorithm settings, already validated.
        seed: `random_state`, or a number drawn once and kept in the study.
        study: The history; read only.
        parallel: How many trials run at a time.
        budget: The greatest number of trials; None without one.
    """

    dimensions: Sequence[Dimension]
    settings: Mapping[str, str]
    seed: int
    study: Study
    parallel: int
    budget: int | None

    def random(self, number: int | str) -> random.Random:
        """The source of chance of one trial, or of one named thing."""
        return random.Random(f"{self.seed}/{number}")

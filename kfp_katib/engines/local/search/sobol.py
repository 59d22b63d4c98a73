# SPDX-License-Identifier: Apache-2.0
"""Sobol's sequence by SciPy, with the points of Katib's own service (goptuna 0.8)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from scipy.stats import qmc

from kfp_katib.engines.local.journal import StudyTrial
from kfp_katib.engines.local.search.algorithms import Proposal, Propose, Search
from kfp_katib.engines.local.search.space import Dimension, Values

_TELL_APART = 64
"""How many trials say by which sequence a search began; between two parameters the fourth point differs."""


def propose_sobol(search: Search) -> Propose:
    """The algorithm `sobol`: not scrambled, one coordinate per parameter in order of their names.

    A continuous uniform double gets the values that Katib suggests. Up to version 0.1.1 the sequence was
    another one; a search that began by it goes on with it, since two halves of two sequences are not even.
    """
    space = sorted(search.dimensions, key=lambda dim: dim.name)
    begun = [trial.record.parameters for trial in search.trials if _is_own(trial)][:_TELL_APART]
    points, earlier = _Points(space), _Points(space, as_katib=False)
    if begun != points.texts(len(begun)) and begun == earlier.texts(len(begun)):
        points = earlier
    return lambda number: Proposal(points.values(sum(map(_is_own, search.trials[:number]))))


def _is_own(trial: StudyTrial) -> bool:
    """Whether a trial used up a point of the sequence."""
    return trial.retries is None and trial.enqueued is None


class _Points:
    """The points of a space, in order, without the first one: it is zero in every coordinate.

    Goptuna gives each dimension but the first the direction numbers of the one after it
    (https://github.com/c-bata/goptuna/issues/234). So its points are those of one dimension more, without
    the second coordinate.
    """

    def __init__(self, space: Sequence[Dimension], *, as_katib: bool = True) -> None:
        self._space = space
        self._columns = [0, *(place + as_katib for place in range(1, len(space)))]
        self._sequence = qmc.Sobol(self._columns[-1] + 1, scramble=False)

    def values(self, number: int) -> Values:
        """The values at one point."""
        if self._sequence.num_generated != number + 1:
            self._sequence.reset()
            self._sequence.fast_forward(number + 1)
        with warnings.catch_warnings():  # SciPy warns that a single point is not a balanced sample
            warnings.simplefilter("ignore", UserWarning)
            (point,) = self._sequence.random(1)
        units = [float(point[column]) for column in self._columns]
        return {dim.name: dim.at(unit) for dim, unit in zip(self._space, units, strict=True)}

    def texts(self, count: int) -> list[dict[str, str]]:
        """The assignments of the first points."""
        values = [self.values(number) for number in range(count)]
        return [{dim.name: dim.text(each[dim.name]) for dim in self._space} for each in values]

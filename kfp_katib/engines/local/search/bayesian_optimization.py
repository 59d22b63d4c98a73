# SPDX-License-Identifier: Apache-2.0
"""Bayesian optimisation by scikit-optimize, the library of Katib's own service.

The optimiser is rebuilt for each suggestion from the trials in the study. That makes a suggestion a function
of the study, but `gp_hedge` remembers nothing between two calls: its three acquisition functions stay equally
likely, so only the one that is drawn is computed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import skopt
from skopt.space import Categorical, Real
from threadpoolctl import threadpool_limits

from kfp_katib.engines.local.journal import COMPLETE, RUNNING, StudyTrial
from kfp_katib.engines.local.search.algorithms import MOST_BAYESIAN, Proposal, Propose, Search
from kfp_katib.engines.local.search.space import Choices, Dimension, Value, Values

_NEAR = 0.01
"""Two points are near where no parameter's share of its range differs by more, and all lists agree."""
_DRAWS = 100
_HEDGED = ("EI", "LCB", "PI")
"""The functions among which `gp_hedge` chooses."""
_LARGEST = 1e100
"""What a greater value counts as: a Gaussian process adds up squares, which have to stay numbers."""


def propose_bayesian_optimization(search: Search) -> Propose:
    """The algorithm `bayesianoptimization`, with the settings and defaults of Katib's skopt service.

    As there, nothing is assumed of running trials: a lie about them, such as scikit-optimize's for several
    points at once, misleads the model where there are few trials (docs/explanation/search-quality.md).
    Earlier trials of other searches count among the initial points.
    """
    free = [dim for dim in search.dimensions if dim.count != 1]
    fixed = {dim.name: dim.at(0.0) for dim in search.dimensions if dim.count == 1}
    model = _Model(search, free)

    def propose(number: int) -> Proposal:
        running = [trial for trial in search.trials if trial.state == RUNNING]
        return Proposal({**fixed, **model.elsewhere(number, running)} if free else fixed)

    return propose


@dataclass(frozen=True, slots=True)
class _Model:
    """What is known of the parameters that have more than one value."""

    search: Search
    free: Sequence[Dimension]

    def elsewhere(self, number: int, running: Sequence[StudyTrial]) -> Values:
        """A point that is not near a running trial, unless nearly all of the space is.

        Where the best point is near one, the running trials count as ones that reached the best value so far
        (the constant liar `cl_min`). If that does not help, a point is drawn.
        """
        values = self._best(number)
        if self._near(values, running):
            values = self._best(number, running)
        chance = self.search.random(f"{number}/elsewhere")
        for _ in range(_DRAWS):
            if not self._near(values, running):
                break
            values = {dim.name: dim.at(chance.random()) for dim in self.free}
        return values

    def _best(self, number: int, assumed: Sequence[StudyTrial] = ()) -> Values:
        """The best point to the model, which takes some trials for good ones; first the initial points."""
        initial = max(int(self.search.settings.get("n_initial_points", "10")), 1)
        optimizer = self._optimizer(number, initial)
        known = [*self.search.earlier, *(each for each in self.search.trials if each.state == COMPLETE)]
        with threadpool_limits(1), warnings.catch_warnings():  # the trials need the other cores
            warnings.simplefilter("ignore")  # about poor fits, and about points already taken
            if len(known) >= initial:
                told = self._told(known)
                values = [self._signed(trial) for trial in told]
                points = [self._point(trial) for trial in (*told, *assumed)]
                optimizer.tell(points, [*values, *[min(values)] * len(assumed)])
            point = optimizer.ask()
        return {dim.name: _value(dim, at) for dim, at in zip(self.free, point, strict=True)}

    def _optimizer(self, number: int, initial: int) -> Any:
        """scikit-optimize with Katib's settings, on the unit cube and the lists."""
        settings = self.search.settings
        function = settings.get("acq_func", "gp_hedge")
        if function == "gp_hedge":
            function = self.search.random(f"{number}/function").choice(_HEDGED)
        return skopt.Optimizer(
            [_space(dim) for dim in self.free],
            base_estimator=settings.get("base_estimator", "GP"),
            n_initial_points=min(initial, MOST_BAYESIAN),
            acq_func=function,
            acq_optimizer=settings.get("acq_optimizer", "auto"),
            random_state=self.search.random(number).getrandbits(32),
        )

    def _told(self, known: Sequence[StudyTrial]) -> Sequence[StudyTrial]:
        """As many as the model can take in a second: the best, and of the others the latest.

        With the best alone, a region that was tried in vain would be unknown again at once.
        """
        if len(known) <= MOST_BAYESIAN:
            return known
        half = MOST_BAYESIAN // 2
        ranked = sorted(range(len(known)), key=lambda place: self._signed(known[place]))
        latest = sorted(ranked[half:])[half - MOST_BAYESIAN :]
        return [known[place] for place in sorted([*ranked[:half], *latest])]

    def _signed(self, trial: StudyTrial) -> float:
        return self.search.sign * min(max(trial.value or 0.0, -_LARGEST), _LARGEST)

    def _near(self, values: Values, running: Iterable[StudyTrial]) -> bool:
        """Whether a point is near a running trial."""
        return any(
            all(_close(dim, values[dim.name], dim.value(trial.params[dim.label])) for dim in self.free)
            for trial in running
        )

    def _point(self, trial: StudyTrial) -> list[float | str]:
        return [_coordinate(dim, dim.value(trial.params[dim.label])) for dim in self.free]


def _space(dim: Dimension) -> Any:
    """A dimension as scikit-optimize's, whose lists have each value once."""
    return Categorical(list(dict.fromkeys(dim.texts))) if isinstance(dim, Choices) else Real(0.0, 1.0)


def _close(dim: Dimension, one: Value, other: Value) -> bool:
    if isinstance(dim, Choices):
        return one == other
    return abs(dim.unit(one) - dim.unit(other)) <= _NEAR


def _coordinate(dim: Dimension, value: Value) -> float | str:
    return str(value) if isinstance(dim, Choices) else dim.unit(value)


def _value(dim: Dimension, coordinate: float | str) -> Value:
    return coordinate if isinstance(dim, Choices) else dim.at(float(coordinate))

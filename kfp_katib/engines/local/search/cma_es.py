# SPDX-License-Identifier: Apache-2.0
"""CMA-ES with restarts, by the `cmaes` library that Optuna's own sampler uses.

That sampler is not used: since Optuna 4.4 it ignores `restart_strategy`, which Katib's service has. The
strategy's state follows from the study: each trial's note holds its point, and the trials whose results were
told before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import cmaes
import numpy as np

from kfp_katib.engines.local.journal import COMPLETE, StudyTrial
from kfp_katib.engines.local.search.algorithms import CMA_ES_NEEDS, Proposal, Propose, Search
from kfp_katib.engines.local.search.space import Numbers
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument

_FACTOR = 2
_LEAST_STEP, _LARGEST_STEP = 1e-12, 1e6  # in ranges of the parameter


def propose_cma_es(search: Search) -> Propose:
    """The algorithm `cmaes`, with the settings of Katib's goptuna service, on the numeric parameters.

    Parameters with a list are drawn at random, as there.
    """
    return _Strategy(search)


class _Strategy:
    """The optimiser of the current generation."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._axes = [dim for dim in search.dimensions if isinstance(dim, Numbers)]
        self._optimizer = self._warm() or self._start(None, [0.5] * len(self._axes))
        self._restarts: _Restarts | None = _restarts(search, self._optimizer.population_size)
        self._seen = 0
        self._first = 0  # the first trial of the current generation

    def __call__(self, number: int) -> Proposal:
        for earlier in range(self._seen, number):
            self._follow(earlier, self._search.trials[earlier].note["told"])
        told = self._generation()
        self._follow(number, told)
        self._optimizer.reseed_rng(self._search.random(number).getrandbits(32))
        point = [float(coordinate) for coordinate in self._optimizer.ask()]
        chance = self._search.random(f"{number}/lists")
        lists = {
            dim.name: dim.at(chance.random()) for dim in self._search.dimensions if dim not in self._axes
        }
        numbers = {dim.name: dim.at(at) for dim, at in zip(self._axes, point, strict=True)}
        return Proposal(lists | numbers, {"told": told, "point": point})

    def _generation(self) -> list[int]:
        """The trials whose results complete the current generation, or none yet; failed ones are left out."""
        trials = enumerate(self._search.trials[self._first :], self._first)
        done = [number for number, trial in trials if trial.state == COMPLETE]
        size = self._optimizer.population_size
        return done[:size] if len(done) >= size else []

    def _follow(self, number: int, told: Sequence[int]) -> None:
        """Take the step that precedes a trial: none, the next generation, or a restart."""
        self._seen = number + 1
        if not told:
            return
        if len(told) != self._optimizer.population_size:
            raise InputError(
                f"The journal is damaged: trial {number} follows {len(told)} results, and a generation has "
                f"{self._optimizer.population_size}. Start anew with {argument('again')}."
            )
        self._first = number
        self._optimizer.tell([self._solution(self._search.trials[one]) for one in told])
        if self._restarts is not None and self._optimizer.should_stop():
            population = self._restarts.next(self._optimizer.population_size, self._optimizer.generation)
            chance = self._search.random(f"{number}/restart")
            self._optimizer = self._start(population, [chance.random() for _ in self._axes])

    def _solution(self, trial: StudyTrial) -> tuple[Any, float]:
        return np.array(trial.note["point"]), self._signed(trial)

    def _signed(self, trial: StudyTrial) -> float:
        return self._search.sign * (trial.value or 0.0)

    def _warm(self) -> cmaes.CMA | None:
        """An optimiser that begins where the best tenth of the earlier trials lies, None without enough.

        Mean, step and covariance are those of Nomura and others (AAAI 2021), who call it a promising
        distribution. The setting `sigma` gives way to them.
        """
        if len(self._search.earlier) < CMA_ES_NEEDS:
            return None
        mean, sigma, covariance = cmaes.get_warm_start_mgd(
            [(np.array(self._point(each)), self._signed(each)) for each in self._search.earlier]
        )
        return self._optimizer_at(mean, sigma, covariance)

    def _point(self, trial: StudyTrial) -> list[float]:
        """Where a trial of another search lies on the unit cube."""
        return [dim.unit(dim.value(trial.params[dim.label])) for dim in self._axes]

    def _start(self, population: int | None, mean: list[float]) -> cmaes.CMA:
        """A fresh optimiser.

        `sigma` is in the parameters' own units, as in Katib. Without it the first step is a sixth of each
        parameter's range (Katib: a sixth of the smallest range, for all of them). A step whose square is no
        number would make every point one; the nearest that is searches the same.
        """
        sigma = float(self._search.settings.get("sigma", "0"))
        steps = [sigma / dim.span if sigma > 0 and dim.span > 0 else 1 / 6 for dim in self._axes]
        covariance = np.diag(np.square(np.clip(steps, _LEAST_STEP, _LARGEST_STEP)))
        return self._optimizer_at(np.array(mean), 1.0, covariance, population)

    def _optimizer_at(
        self, mean: Any, sigma: float, covariance: Any, population: int | None = None
    ) -> cmaes.CMA:
        """An optimiser on the unit cube."""
        return cmaes.CMA(
            mean=mean,
            sigma=sigma,
            cov=covariance,
            bounds=np.array([[0.0, 1.0]] * len(self._axes)),
            n_max_resampling=10 * len(self._axes),
            population_size=population,
        )


def _restarts(search: Search, population: int) -> _Restarts | None:
    """The strategy that the setting `restart_strategy` names; None for `none`, the default."""
    name = search.settings.get("restart_strategy", "none")
    if name == "none":
        return None
    return _Restarts(name == "bipop", population, search.random("populations"))


@dataclass(slots=True)
class _Restarts:
    """The restarts so far, and the evaluations spent on small and on large populations.

    IPOP doubles the population at each restart (Auger and Hansen, CEC 2005). BIPOP spends as much on small
    populations as on large ones (Hansen, GECCO workshop 2009). The factor of two is goptuna's.
    """

    two_sizes: bool
    initial: int
    chance: Random
    large_restarts: int = 0
    small: int = 0
    large: int = 0
    is_small: bool = True

    def next(self, population: int, generations: int) -> int:
        """The population of the next start, after `generations` of one of size `population`."""
        if self.is_small:
            self.small += population * generations
        else:
            self.large += population * generations
        self.is_small = self.two_sizes and self.small < self.large
        if self.is_small:
            growth = _FACTOR**self.large_restarts
            return int(self.initial * growth ** (self.chance.random() ** 2))
        self.large_restarts += 1
        return int(self.initial * _FACTOR**self.large_restarts)

# SPDX-License-Identifier: Apache-2.0
"""The tree-structured Parzen estimator, by Optuna: `tpe` in hyperopt's terms, `multivariate-tpe` in Optuna's.

Optuna works on a copy of the study in memory. Its sampler writes several records for each trial, and a kill
between two of them would leave half a trial in the journal; we write one record per trial. A suggestion takes
longer the more trials there are: 3 ms of one core at 100 trials, 12 ms at 1,000.

Optuna takes a third of a second to import, and draws its first suggestions at random. We draw the same ones
here, so that the first trials run before it is imported.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

from kfp_katib.engines.local.journal import COMPLETE, RUNNING, StudyTrial
from kfp_katib.engines.local.search.algorithms import Proposal, Propose, Search
from kfp_katib.engines.local.search.space import Dimension, Value

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial


def propose_tpe(search: Search) -> Propose:
    """The algorithm `tpe`, with the settings of Katib's hyperopt service.

    With hyperopt's gamma, `ceil(gamma * sqrt(n))` trials count as good, 25 at most. The first trials, as many
    as run at a time, are random (`getSuggestions` of Katib's service passes the request's size).
    """
    gamma = float(search.settings.get("gamma", "0.25"))
    prior_weight = float(search.settings.get("prior_weight", "1.0"))
    candidates = int(search.settings.get("n_EI_candidates", "24"))

    def sampler(seed: int) -> BaseSampler:
        from optuna.samplers import TPESampler

        with warnings.catch_warnings():  # Optuna 5 calls both deprecated; Katib's settings need them
            warnings.simplefilter("ignore", FutureWarning)
            return TPESampler(
                seed=seed,
                multivariate=False,
                constant_liar=True,
                n_startup_trials=search.parallel,
                n_ei_candidates=candidates,
                prior_weight=prior_weight,
                gamma=lambda count: min(math.ceil(gamma * math.sqrt(count)), 25),
            )

    return _propose(search, search.parallel, sampler)


def propose_multivariate_tpe(search: Search) -> Propose:
    """The algorithm `multivariate-tpe`, with the settings and defaults of Katib's Optuna service.

    And with the estimator of that Optuna, which is older than ours, unless all parameters are doubles: there
    the newer one finds as much or more (docs/explanation/search-quality.md).
    """
    startup = int(search.settings.get("n_startup_trials", "10"))
    candidates = max(int(search.settings.get("n_ei_candidates", "24")), 1)
    doubles = all(dim.distribution()["name"] == "FloatDistribution" for dim in search.dimensions)

    def sampler(seed: int) -> BaseSampler:
        from optuna.samplers import TPESampler

        made = TPESampler(
            seed=seed,
            multivariate=True,
            constant_liar=True,
            n_startup_trials=startup,
            n_ei_candidates=candidates,
        )
        if not doubles:
            with suppress(ImportError):  # an Optuna built otherwise; kernels.py says what then
                from kfp_katib.engines.local.search.kernels import estimate_as_katib

                estimate_as_katib(made)
        return made

    return _propose(search, startup, sampler)


def _propose(search: Search, startup: int, sampler: Callable[[int], BaseSampler]) -> Propose:
    estimator: Estimator | None = None

    def propose(number: int) -> Proposal:
        nonlocal estimator
        seed = search.random(number).getrandbits(32)
        complete = len(search.earlier) + sum(each.state == COMPLETE for each in search.trials)
        if estimator is None and complete < startup:
            return Proposal(drawn(search.dimensions, seed))
        estimator = estimator or Estimator(search)
        return Proposal(estimator.suggest(sampler(seed)))

    return propose


class Estimator:
    """The copy of the study that a sampler uses, which begins with the earlier trials of other searches."""

    def __init__(self, search: Search) -> None:
        import optuna
        from optuna.distributions import json_to_distribution

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._search = search
        self._copy = optuna.create_study(direction="maximize" if search.maximize else "minimize")
        self._copied: list[bool] = []
        self._space = {
            dim.label: json_to_distribution(json.dumps(dim.distribution())) for dim in search.dimensions
        }
        self._copy.add_trials([self._as_optunas(each) for each in search.earlier])

    def suggest(self, sampler: BaseSampler) -> dict[str, Value]:
        """The next trial's values."""
        self._follow()
        self._copy.sampler = sampler
        values = self._copy.ask(self._space).params
        self._copied.append(False)
        return {dim.name: values[dim.label] for dim in self._search.dimensions}

    def _follow(self) -> None:
        """Bring the copy up to date; `_copied` says for each trial whether its end has been copied."""
        from optuna.trial import TrialState

        for number, trial in enumerate(self._search.trials):
            ended = trial.state != RUNNING
            if number == len(self._copied):
                self._copy.add_trial(self._as_optunas(trial))
                self._copied.append(ended)
            elif ended and not self._copied[number]:
                place = len(self._search.earlier) + number
                self._copy.tell(place, trial.value, state=TrialState(trial.state))
                self._copied[number] = True

    def _as_optunas(self, trial: StudyTrial) -> FrozenTrial:
        from optuna.trial import TrialState, create_trial

        return create_trial(
            state=TrialState(trial.state),
            value=trial.value,
            params={label: each.to_external_repr(trial.params[label]) for label, each in self._space.items()},
            distributions=self._space,
        )


def drawn(dimensions: Iterable[Dimension], seed: int) -> dict[str, Value]:
    """What Optuna's RandomSampler with this seed suggests, to the last digit."""
    chance = _as_numpys(seed)
    values: dict[str, Value] = {}
    for dim in dimensions:
        attributes = dim.distribution()["attributes"]
        if "choices" in attributes:
            values[dim.name] = dim.value(_choice(len(attributes["choices"]), chance))
        else:
            whole = dim.distribution()["name"] == "IntDistribution"
            values[dim.name] = dim.value(_number(chance, whole=whole, **attributes))
    return values


def _as_numpys(seed: int) -> Random:
    """Python's generator in the state of `numpy.random.RandomState(seed)`: both are MT19937."""
    state = [seed]
    for place in range(1, 624):
        state.append((1812433253 * (state[-1] ^ (state[-1] >> 30)) + place) & 0xFFFFFFFF)
    chance = Random()
    chance.setstate((3, (*state, 624), None))
    return chance


def _choice(count: int, chance: Random) -> int:
    if count == 1:  # one value is not drawn
        return 0
    draws = [chance.random() for _ in range(count)]
    return draws.index(max(draws))


def _number(chance: Random, *, whole: bool, low: Any, high: Any, step: Any, log: bool) -> float:
    """One draw, uniform or logarithmic; all values of a lattice are equally likely."""
    if low == high:  # one value is not drawn
        return float(low)
    half = 0.5 * step if step else 0.0
    start, end = (math.log(low - half), math.log(high + half)) if log else (low - half, high + half)
    at = start + (end - start) * chance.random()
    if whole:
        found = round(math.exp(at)) if log else math.floor((at - low) / step + 0.5) * step + low
        return float(min(max(found, low), high))
    if step:
        return float(min(max(round((at - low) / step) * step + low, low), high))
    top = math.nextafter(high, high - 1)
    return min(max(math.exp(at), low), top) if log else min(at, top)

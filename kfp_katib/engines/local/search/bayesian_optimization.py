# SPDX-License-Identifier: Apache-2.0
"""Bayesian optimisation by scikit-optimize, the library of Katib's own service.

The optimiser is rebuilt for each suggestion from the trials in the study. That makes a suggestion a function
of the study, but `gp_hedge` remembers nothing between two calls: its three acquisition functions stay equally
likely.
"""

from __future__ import annotations

import warnings
from typing import Any

import skopt
from skopt.space import Categorical, Real
from threadpoolctl import threadpool_limits

from kfp_katib.engines.local.journal import COMPLETE, RUNNING, StudyTrial
from kfp_katib.engines.local.search.algorithms import Proposal, Propose, Search
from kfp_katib.engines.local.search.space import Choices, Dimension, Value


def propose_bayesian_optimization(search: Search) -> Propose:
    """The algorithm `bayesianoptimization`, with the settings and defaults of Katib's skopt service.

    A running trial counts as one that reached the best value so far (the constant liar `cl_min`, which
    scikit-optimize uses for several points at once), so that the next one goes elsewhere. Earlier trials of
    other searches count among the initial points.
    """
    initial = max(int(search.settings.get("n_initial_points", "10")), 1)
    free = [dim for dim in search.dimensions if dim.count != 1]
    fixed = {dim.name: dim.at(0.0) for dim in search.dimensions if dim.count == 1}

    def propose(number: int) -> Proposal:
        if not free:
            return Proposal(fixed)
        optimizer = _optimizer(search, free, initial, search.random(number).getrandbits(32))
        told = [*search.earlier, *(trial for trial in search.trials if trial.state == COMPLETE)]
        running = [trial for trial in search.trials if trial.state == RUNNING]
        with threadpool_limits(1), warnings.catch_warnings():  # the trials need the other cores
            warnings.simplefilter("ignore")  # about poor fits, and about points already taken
            if len(told) >= initial:
                values = [search.sign * (trial.value or 0.0) for trial in told]
                points = [[_coordinate(dim, trial) for dim in free] for trial in (*told, *running)]
                optimizer.tell(points, [*values, *[min(values)] * len(running)])
            point = optimizer.ask()
        return Proposal(fixed | {dim.name: _value(dim, at) for dim, at in zip(free, point, strict=True)})

    return propose


def _optimizer(search: Search, free: list[Dimension], initial: int, seed: int) -> Any:
    """scikit-optimize with Katib's settings, on the unit cube and the lists."""
    return skopt.Optimizer(
        [Categorical(dim.texts) if isinstance(dim, Choices) else Real(0.0, 1.0) for dim in free],
        base_estimator=search.settings.get("base_estimator", "GP"),
        n_initial_points=initial,
        acq_func=search.settings.get("acq_func", "gp_hedge"),
        acq_optimizer=search.settings.get("acq_optimizer", "auto"),
        random_state=seed,
    )


def _coordinate(dim: Dimension, trial: StudyTrial) -> float | str:
    value = dim.value(trial.params[dim.label])
    return str(value) if isinstance(dim, Choices) else dim.unit(value)


def _value(dim: Dimension, coordinate: float | str) -> Value:
    return coordinate if isinstance(dim, Choices) else dim.at(float(coordinate))

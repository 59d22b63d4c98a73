# SPDX-License-Identifier: Apache-2.0
"""Suggestions for the next trials, and the study that remembers them.

The study is the only state. A suggestion is one record, written before anyone sees it, so that a search
that was killed goes on from its journal with the suggestions that it would have made.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from kfp_katib.engines.local.search import cma_es_note
from kfp_katib.engines.local.search.algorithms import propose_for
from kfp_katib.engines.local.search.proposal import Propose, Search
from kfp_katib.engines.local.search.space import Dimension, dimension
from kfp_katib.experiment.model import Experiment

SEED = "kfp-katib:seed"
PARAMETERS = "kfp-katib:parameters"
"""The user attribute of every trial in the study that holds its assignments as Katib's text."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The assignments of one trial: its number in the study, and Katib's text for each parameter."""

    number: int
    parameters: dict[str, str]


class Suggestions:
    """An open search: ask for suggestions, tell how they did. One process alone may use a study."""

    def __init__(
        self,
        study: optuna.Study,
        dimensions: tuple[Dimension, ...],
        propose: Propose,
        note_misfit: Callable[[FrozenTrial], str],
    ) -> None:
        self.study = study
        self._dimensions = dimensions
        self._propose = propose
        self._note_misfit = note_misfit
        self._distributions = {dim.label: dim.distribution() for dim in dimensions}
        self._next = len(study.get_trials(deepcopy=False))

    def ask(self) -> Suggestion | None:
        """The next suggestion, recorded as a running trial; None where a grid has no cell left."""
        proposal = self._propose(self._next)
        if proposal is None:
            return None
        texts = {dim.name: dim.text(proposal.values[dim.name]) for dim in self._dimensions}
        self.study.add_trial(
            optuna.trial.create_trial(
                state=TrialState.RUNNING,
                params={dim.label: proposal.values[dim.name] for dim in self._dimensions},
                distributions=self._distributions,
                user_attrs={PARAMETERS: texts, **proposal.notes},
            )
        )
        self._next += 1
        return Suggestion(self._next - 1, texts)

    def misfit(self, trial: FrozenTrial) -> str:
        """Why a trial of the study is no suggestion of this search; empty where it is one."""
        if trial.distributions != self._distributions:
            return "has other parameters than the manifest"
        if set(trial.user_attrs[PARAMETERS]) != {dim.name for dim in self._dimensions}:
            return "has values of other parameters than the manifest's"
        return self._note_misfit(trial)

    def tell(self, number: int, value: float | None) -> None:
        """Say what came of a suggestion.

        Args:
            number: The suggestion's number.
            value: The objective, or None where the trial failed or has no finite value. A failed trial
                is closed, so that no algorithm goes on waiting for it.
        """
        if value is None or not math.isfinite(value):
            self.study.tell(number, state=TrialState.FAIL)
        else:
            self.study.tell(number, value)


def open_study(experiment: Experiment, storage: BaseStorage) -> Suggestions:
    """Open the study named after the Experiment, or create it.

    Args:
        experiment: What to search; `refuse_unsupported` must have let it pass.
        storage: Optuna's storage, in memory or a journal.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=experiment.name,
        storage=storage,
        direction=experiment.objective.type,
        sampler=optuna.samplers.RandomSampler(),
        load_if_exists=True,
    )
    dimensions = tuple(dimension(parameter) for parameter in experiment.parameters)
    search = Search(
        dimensions=dimensions,
        settings=experiment.algorithm.settings,
        seed=_seed(study, experiment.algorithm.settings.get("random_state", "")),
        study=study,
        parallel=experiment.parallel_trial_count,
        budget=experiment.max_trial_count,
    )
    note_misfit = cma_es_note.misfit(dimensions) if experiment.algorithm.name == "cmaes" else _no_note
    return Suggestions(study, dimensions, propose_for(experiment.algorithm.name, search), note_misfit)


def _no_note(_: FrozenTrial) -> str:
    return ""


def _seed(study: optuna.Study, random_state: str) -> int:
    """`random_state`; without one, a number drawn once, which the study keeps for whoever resumes it."""
    if random_state:
        return int(random_state)
    if SEED not in study.user_attrs:
        study.set_user_attr(SEED, random.SystemRandom().getrandbits(32))
    return int(study.user_attrs[SEED])

# SPDX-License-Identifier: Apache-2.0
"""Suggestions for the next trials, and the study that remembers them.

The study is the only state. A suggestion is one record, written before it is returned, so that a search that
was killed resumes from its journal with the suggestions that it would have made.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import replace
from importlib import import_module

from kfp_katib.engines.local.journal import RUNNING, Journal
from kfp_katib.engines.local.journal_attributes import ENQUEUED, SEED, WARM_START, note_of
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.search import enqueued
from kfp_katib.engines.local.search.algorithms import LATER, WAIT, Proposal, Search, propose_for
from kfp_katib.engines.local.search.medianstop import Means, Medianstop, medianstop
from kfp_katib.engines.local.search.pbt import Population
from kfp_katib.engines.local.search.space import dimensions
from kfp_katib.engines.local.search.warm_start import of_attribute, study_trials
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Told


class Suggestions:
    """An open search: ask for suggestions, tell how they did. Only one process may use a study."""

    def __init__(
        self, journal: Journal, search: Search, algorithm: str, stopping: Medianstop | None = None
    ) -> None:
        self.journal = journal
        self.notes: tuple[str, ...] = ()
        """What a user should know of its warm start."""
        self.ended = False
        """Whether the algorithm has said that nothing is left to propose."""
        self._search = search
        self._algorithm = algorithm
        self._later = LATER.get(algorithm)
        self._propose = propose_for(algorithm, search)
        self._enqueued = enqueued.waiting(journal)
        self._stopping = stopping
        self._means = Means(journal.trials)
        self._distributions = {dim.label: json.dumps(dim.distribution()) for dim in search.dimensions}

    def ask(self) -> Record | None:
        """The next suggestion, recorded as a running trial.

        None if there is none now: another may come when a running trial has ended, unless the search `ended`.
        """
        place = next(iter(self._enqueued), None)
        if place is not None:
            record = self._suggest(self._of_the_user(place), place)
            self._enqueued.remove(place)
            return record
        answer = None if self.ended else self._propose(len(self.journal.trials))
        if isinstance(answer, Proposal):
            return self._suggest(answer)
        self.ended = answer is None
        if answer == WAIT and not any(trial.state == RUNNING for trial in self.journal.trials):
            raise RuntimeError(f"{self._algorithm} waits for a trial to end, and none runs")
        return None

    def enqueue(self, points: Sequence[enqueued.Point]) -> None:
        """Let points run before the algorithm's own; those that the study has already do not run again."""
        if fresh := enqueued.new(self.journal, points):
            self.journal.mark_format()
            self.journal.set(ENQUEUED, [*self.journal.attributes.get(ENQUEUED, ()), *map(dict, fresh)])
            self._enqueued = enqueued.waiting(self.journal)

    def _of_the_user(self, place: int) -> Proposal:
        point = self.journal.attributes[ENQUEUED][place]
        return replace(enqueued.proposal(point, self._algorithm, self._search), texts=point)

    def copyable(self) -> Set[int] | None:
        """The trials whose checkpoints others may begin from; None if the algorithm hands on none."""
        return self._propose.copyable() if isinstance(self._propose, Population) else None

    def _suggest(self, proposal: Proposal, place: int | None = None, *, retries: int | None = None) -> Record:
        """Record a trial."""
        values, space = proposal.values, self._search.dimensions
        return self.journal.suggest(
            {dim.label: dim.stored(values[dim.name]) for dim in space},
            self._distributions,
            {dim.name: dim.text(values[dim.name]) for dim in space} | dict(proposal.texts),
            proposal.note,
            note_key=note_of(self._algorithm),
            retries=retries,
            enqueued=place,
            rule=self._rule(),
        )

    def retry(self, number: int) -> Record:
        """The values of a failed trial as a new suggestion, which stands for it from here on.

        pbt queues the values of a failed trial again by itself: its next suggestion stands for it.
        """
        if isinstance(self._propose, Population):
            self.journal.mark_format()
            return self._suggest(self._propose(len(self.journal.trials)), retries=number)
        trial = self.journal.trials[number]
        note = {**trial.note, **({"told": []} if "told" in trial.note else {})}  # no step of CMA-ES again
        self.journal.mark_format()
        return self.journal.suggest(
            trial.params,
            self._distributions,
            trial.record.parameters,
            note,
            note_key=note_of(self._algorithm),
            retries=number,
            rule=self._rule(),
        )

    def _rule(self) -> str:
        """The stopping rule of a trial that is suggested now."""
        rule = self._stopping.rule(self._means.now()) if self._stopping else None
        return rule.text if rule else ""

    def get_ready(self) -> None:
        """Import what later suggestions need while trials run."""
        if len(self.journal.trials) != self._search.budget and self._later:
            import_module(self._later)

    def tell(self, number: int, value: float | None) -> None:
        """Record the result of a suggestion.

        Args:
            number: The suggestion's number.
            value: The objective, or None if the trial failed or has no finite value. A failed trial is
                closed, so that no algorithm keeps waiting for it.
        """
        self.journal.tell(number, value if value is not None and math.isfinite(value) else None)


def open_study(experiment: Experiment, journal: Journal, told: Told | None = None) -> Suggestions:
    """Open the study of a new or resumed search.

    Args:
        experiment: What to search; `refusals` must have found nothing in it.
        journal: Its journal, in a file or in memory.
        told: The trials of earlier searches, if it has not begun; None leaves those that it was told.
    """
    maximize = experiment.objective.type == "maximize"
    journal.begin(maximize=maximize)
    if told is not None and told != of_attribute(journal.attributes.get(WARM_START)):
        journal.set(WARM_START, told.stored())
    space = dimensions(experiment)
    search = Search(
        dimensions=space,
        settings=experiment.algorithm.settings,
        seed=_seed(journal, experiment.algorithm.settings.get("random_state", "")),
        trials=journal.trials,
        maximize=maximize,
        parallel=experiment.parallel_trial_count,
        budget=experiment.max_trial_count,
        earlier=study_trials(of_attribute(journal.attributes.get(WARM_START)), space),
        nas=experiment.nas,
    )
    return Suggestions(journal, search, experiment.algorithm.name, medianstop(experiment))


def _seed(journal: Journal, random_state: str) -> int:
    """`random_state`; without one, a number drawn once and kept in the study for resuming."""
    with suppress(ValueError):  # the services that ignore the setting take any text for it
        return int(random_state)
    if SEED not in journal.attributes:
        journal.set(SEED, random.SystemRandom().getrandbits(32))
    return int(journal.attributes[SEED])

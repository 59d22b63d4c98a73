# SPDX-License-Identifier: Apache-2.0
"""Population based training: trials go on from the checkpoints of earlier ones, with changed values.

The rules are those of Katib's service (`pkg/suggestion/v1beta1/pbt/service.py`), which is asked for one
suggestion at a time. Which trials are bred next follows from the order in which trials were taken in; each
trial's note holds those that were taken in before it. So the queue is computed anew from the journal: nothing
is written twice, and a kill finds no batch half written.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from kfp_katib.engines.local.journal import StudyTrial
from kfp_katib.engines.local.search.algorithms import Proposal, Search
from kfp_katib.engines.local.search.space import Choices, Dimension, Value
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument

_FACTORS = (0.8, 1.2)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Job:
    """What waits to become a trial.

    Attributes:
        texts: Its assignments.
        generation: How many trials are in the line before it.
        parent: The trial from whose checkpoint it begins; None in generation 0.
    """

    texts: Mapping[str, str]
    generation: int = 0
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class _Segments:
    """A pool of ended trials: those below the lower quantile, the others, and the best among these."""

    losers: list[int]
    keepers: list[int]
    best: list[int]


def propose_pbt(search: Search) -> Population:
    """The algorithm `pbt`, with the settings of Katib's service, and `random_state`."""
    return Population(search)


class Population:
    """The state of Katib's service: a queue, the running trials, and two pools of ended ones.

    What the queue begins with, the first population, is drawn as it is asked for.
    """

    def __init__(self, search: Search) -> None:
        settings = search.settings
        self._search = search
        self._size = int(settings["n_population"])
        self._share = float(settings["truncation_threshold"])
        resample = settings.get("resample_probability")
        self._resample = None if resample is None else float(resample)
        chance = search.random("population")
        self._first = (self._sample(chance) for _ in range(self._size))
        self._queue: deque[_Job] = deque()
        self._begun: dict[int, None] = {}
        self._current: list[int] = []
        self._previous: list[int] = []
        self._seen = 0

    def __call__(self, number: int) -> Proposal:
        """The next trial's values; a failed trial's values wait in the queue again."""
        self._follow(number)
        told = self._ended()
        job = self._next(number, told)
        values = {dim.name: _value(dim, job.texts[dim.name]) for dim in self._search.dimensions}
        note = {"told": told, "generation": job.generation, "parent": job.parent}
        return Proposal(values, note, job.texts)

    def copyable(self) -> set[int]:
        """The trials whose checkpoints are in use, or may still be copied."""
        self._follow(len(self._search.trials))
        parents = {job.parent for job in self._queue} | {self._job(number).parent for number in self._begun}
        poolable = [*self._current, *(self._segments(self._previous).keepers if self._previous else ())]
        return {*self._begun, *poolable, *(parent for parent in parents if parent is not None)}

    def _follow(self, number: int) -> None:
        """Take the steps that led to the trials before this one; a point that the user gave needs none."""
        for place in range(self._seen, number):
            if note := self._search.trials[place].note:
                self._next(place, note["told"])
            self._begun[place] = None
        self._seen = max(self._seen, number)

    def _next(self, number: int, told: Sequence[int]) -> _Job:
        for each in told:
            self._take_in(each, number)
        self._begun[number] = None
        self._seen = number + 1
        if first := next(self._first, None):
            return first
        if not self._queue:
            self._queue.extend(self._generation(self._search.random(f"{number}/generation")))
        return self._queue.popleft()

    def _ended(self) -> list[int]:
        """The trials that have ended since, in the order in which they did."""
        trials = self._search.trials
        ended = [number for number in self._begun if trials[number].told]
        return sorted(ended, key=lambda number: (trials[number].record.ended or _BEGINNING, number))

    def _take_in(self, number: int, before: int) -> None:
        """An ended trial joins the pool; one that failed or was killed is queued again.

        One without a value (MetricsUnavailable, or not a number) does neither, as in Katib the former.
        """
        trial = self._search.trials[number]
        if number not in self._begun or trial.record.outcome is None:
            raise InputError(
                f"The journal is damaged: trial {before} follows the end of trial {number}, which did not "
                f"end then. Start anew with {argument('again')}."
            )
        del self._begun[number]
        if trial.record.outcome.state in ("Failed", "Killed"):
            self._queue.append(self._job(number))
        elif trial.value is not None:
            self._current.append(number)

    def _generation(self, chance: Random) -> list[_Job]:
        """A new generation once enough trials have ended; before that one more trial like the last ones."""
        if len(self._current) > self._size:
            bred = self._bred(self._current, self._size, chance)
            self._previous, self._current = self._current, []
            return bred
        return self._bred(self._previous, 1, chance) if self._previous else [self._sample(chance)]

    def _bred(self, pool: Sequence[int], count: int, chance: Random) -> list[_Job]:
        """So many successors: losers take the values of a random best one, the others change their own.

        Where Katib gives a loser the other's values alone, it begins from the other's checkpoint here, as in
        the paper (Jaderberg and others, arXiv:1711.09846, "exploit").
        """
        segments = self._segments(pool)
        chance.shuffle(segments.losers)
        chance.shuffle(segments.keepers)
        losers = segments.losers[: int(count * self._share)]
        exploiting = [self._exploiting(number, chance.choice(segments.best)) for number in losers]
        keepers = segments.keepers[: count - len(losers)]
        return exploiting + [self._exploring(number, chance) for number in keepers]

    def _segments(self, pool: Sequence[int]) -> _Segments:
        greater = {number: -self._search.sign * (self._search.trials[number].value or 0.0) for number in pool}
        lower, upper = (quantile(greater.values(), share) for share in (self._share, 1 - self._share))
        keepers = [number for number in pool if greater[number] >= lower]
        losers = [number for number in pool if greater[number] < lower]
        return _Segments(losers, keepers, [number for number in keepers if greater[number] >= upper])

    def _exploiting(self, loser: int, donor: int) -> _Job:
        return _Job(self._job(donor).texts, self._job(loser).generation + 1, donor)

    def _exploring(self, keeper: int, chance: Random) -> _Job:
        own = self._job(keeper)
        texts = {dim.name: self._changed(dim, own.texts[dim.name], chance) for dim in self._search.dimensions}
        return _Job(texts, own.generation + 1, keeper)

    def _changed(self, dim: Dimension, text: str, chance: Random) -> str:
        if self._resample is None:
            return perturbed(dim, text, chance)
        return dim.text(dim.at(chance.random())) if chance.random() < self._resample else text

    def _sample(self, chance: Random) -> _Job:
        return _Job({dim.name: dim.text(dim.at(chance.random())) for dim in self._search.dimensions})

    def _job(self, number: int) -> _Job:
        """What became the trial of this number."""
        trial: StudyTrial = self._search.trials[number]
        return _Job(trial.record.parameters, trial.note.get("generation", 0), trial.note.get("parent"))


def perturbed(dim: Dimension, text: str, chance: Random) -> str:
    """A value times 0.8 or 1.2, cut to the range but off its lattice; of a list one next to it, in a circle.

    An int is rounded towards zero, and stays one at the ends of the range, where Katib's becomes `8.0`.
    """
    if isinstance(dim, Choices):
        place = dim.texts.index(text) + chance.choice((-1, 1))
        return dim.texts[place % dim.count]
    low, high = dim.lattice.low, dim.lattice.high
    if dim.lattice.whole:
        return str(max(int(low), min(int(high), int(int(text) * chance.choice(_FACTORS)))))
    return str(max(float(low), min(float(high), float(text) * chance.choice(_FACTORS))))


def quantile(values: Any, share: float) -> float:
    """Between the two nearest values, to the last digit of `numpy.quantile`."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    below = math.floor(at)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    part, apart = at - below, high - low
    if math.isinf(apart):  # both ends of what a float can be; numpy's is no number there
        return float(low * (1 - part) + high * part)
    return float(high - apart * (1 - part) if part >= 0.5 else low + apart * part)


def _value(dim: Dimension, text: str) -> Value:
    if isinstance(dim, Choices):
        return text
    return dim.of(int(text) if dim.lattice.whole else float(text))

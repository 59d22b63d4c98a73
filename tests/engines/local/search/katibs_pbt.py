# SPDX-License-Identifier: Apache-2.0
"""What Katib's service for population based training may answer next, restated without its random numbers.

Source: `PbtJobQueue` in Katib's `pkg/suggestion/v1beta1/pbt/service.py`, 0.19. It is asked for one
suggestion at a time. Where the service draws, this holds the set of what it can draw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Texts = Mapping[str, str]
Answer = tuple[Texts, int, int | None]
"""Assignments, generation, and the trial from whose checkpoint it begins."""


@dataclass
class KatibsPbt:
    """The service's state.

    Attributes:
        size: n_population.
        share: truncation_threshold.
        greater: The values of ended trials, of which a greater one is better.
        may_follow: Whether a text may come from another one, as a keeper's parameter does.
    """

    size: int
    share: float
    greater: Mapping[int, float]
    may_follow: Callable[[str, str, str], bool]
    known: dict[int, Answer] = field(default_factory=dict)
    queue: list[Callable[[Answer], bool]] = field(default_factory=list)
    current: list[int] = field(default_factory=list)
    previous: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue += [_of_the_first_generation] * self.size

    def ended(self, number: int, state: str) -> None:
        """Take in a trial that has ended; the service never sees one whose metrics are unavailable."""
        if state in ("Failed", "Killed"):
            self.queue.append(lambda answer: answer == self.known[number])
        elif state in ("Succeeded", "EarlyStopped"):
            self.current.append(number)

    def allows(self, number: int, answer: Answer) -> bool:
        """Whether it can answer so for a new trial of this number."""
        if not self.queue:
            self._generate()
        self.known[number] = answer
        return self.queue.pop(0)(answer)

    def _generate(self) -> None:
        if len(self.current) > self.size:
            self._breed(self.current, self.size)
            self.previous, self.current = self.current, []
        elif self.previous:
            self._breed(self.previous, 1)
        else:
            self.queue.append(_of_the_first_generation)

    def _breed(self, pool: Sequence[int], count: int) -> None:
        """Losers first, then keepers; nobody is followed twice in one batch."""
        values = {number: self.greater[number] for number in pool}
        lower, upper = np.quantile(list(values.values()), (self.share, 1 - self.share))
        losers = [number for number in pool if values[number] < lower]
        keepers = [number for number in pool if values[number] >= lower]
        best = [number for number in keepers if values[number] >= upper]
        replaced = min(int(count * self.share), len(losers))
        generations = [self.known[number][1] + 1 for number in losers]
        kept = min(count - replaced, len(keepers))
        left = list(keepers)
        self.queue += [lambda answer: self._exploits(answer, generations, best)] * replaced
        self.queue += [lambda answer: self._explores(answer, left)] * kept

    def _exploits(self, answer: Answer, generations: list[int], best: Sequence[int]) -> bool:
        texts, generation, parent = answer
        if parent is None or parent not in best or generation not in generations:
            return False
        generations.remove(generation)
        return texts == self.known[parent][0]

    def _explores(self, answer: Answer, left: list[int]) -> bool:
        texts, generation, parent = answer
        if parent not in left:
            return False
        left.remove(parent)
        before = self.known[parent]
        follows = all(self.may_follow(name, before[0][name], text) for name, text in texts.items())
        return generation == before[1] + 1 and follows


def _of_the_first_generation(answer: Answer) -> bool:
    return answer[1:] == (0, None)

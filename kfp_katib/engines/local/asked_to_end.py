# SPDX-License-Identifier: Apache-2.0
"""The running trials that have to end before they do so by themselves: asked first, killed later."""

from __future__ import annotations

import time

from kfp_katib.engines.local.runner import GRACE_SECONDS, TrialRunner
from kfp_katib.results import TrialCondition

STOP_SECONDS = 30.0
"""How long a trial that is stopped early may take to end by itself, as long as a container may."""


class AskedToEnd:
    """Who has to end, and when: of trials with a deadline, and of those that are stopped early.

    Args:
        runner: What runs the trials.
    """

    def __init__(self, runner: TrialRunner) -> None:
        self._runner = runner
        self._due: dict[int, float] = {}
        self._asked: set[int] = set()
        self._overdue: dict[int, TrialCondition] = {}

    def begin(self, number: int) -> None:
        """Watch the deadline of a trial that has begun, if it has one."""
        if deadline := self._runner.deadline(number):
            self._due[number] = time.monotonic() + deadline.seconds

    def next(self) -> float | None:
        """When `end_due` has to be called, on the clock of `time.monotonic`; None if never."""
        return min(self._due.values(), default=None)

    def end_due(self) -> None:
        """Ask those whose time is up to end, and kill those that were asked and are still there."""
        for number in [each for each, when in self._due.items() if when <= time.monotonic()]:
            if number in self._asked:
                self._runner.stop(number, kill_it=True)
                del self._due[number]
            elif deadline := self._runner.deadline(number):
                self._overdue[number] = deadline.overdue
                self._ask(number, GRACE_SECONDS)

    def stop_early(self, number: int) -> None:
        """Ask a trial to end that is stopped early."""
        self._ask(number, STOP_SECONDS)

    def _ask(self, number: int, seconds: float) -> None:
        self._asked.add(number)
        self._due[number] = time.monotonic() + seconds
        self._runner.stop(number, kill_it=False)

    def __contains__(self, number: int) -> bool:
        """Whether a trial has been asked to end."""
        return number in self._asked

    def ended(self, number: int) -> TrialCondition | None:
        """Forget a trial; its outcome if it had a deadline and passed it."""
        self._due.pop(number, None)
        self._asked.discard(number)
        return self._overdue.pop(number, None)

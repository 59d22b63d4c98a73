# SPDX-License-Identifier: Apache-2.0
"""The loop of a search: start trials, wait for one to end, decide whether it was the last.

The loop sleeps until something happens: a trial ends or reports, the user interrupts, or the time is up. One
thread listens to the process that starts the trials, and one follows what they report; everything else
happens in the caller's thread.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Literal, Self

from kfp_katib.engines.local.asked_to_end import AskedToEnd
from kfp_katib.engines.local.early_stopping import early_stopped
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.following import Following
from kfp_katib.engines.local.journal import now
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.runner import TrialRunner
from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.engines.local.trial_store import TrialStore
from kfp_katib.errors import Unfinished
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import KILLED, Condition, TrialCondition
from kfp_katib.results.verdict import verdict
from kfp_katib.trial.interrupts import Interrupts
from kfp_katib.trial.outcome import examine

Stop = Literal["interrupted", "timed out", "lost"]
"""Why a search stops without a verdict; lost: the process that starts the trials was killed."""

Event = int | Stop | Literal["reported"]
"""What happens: the trial of this number ended, the search has to stop, running trials reported something."""

_DAY = 86_400.0
"""The longest wait before the clock is read again; a queue accepts no more than a few hundred years."""


class SearchLoop:
    """An open search. Closing it ends the trials that still run; they run again when the search goes on.

    Args:
        experiment: What runs.
        folder: Where it runs.
        suggestions: Where the trials' values come from.
        store: Where the trials are recorded.
        runner: What runs the trials.
        waiting: Trials of an earlier engine that have to run again; they come first.
        slots: How many trials run at a time.
        events: What happens.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunFolder,
        suggestions: Suggestions,
        *,
        store: TrialStore,
        runner: TrialRunner,
        waiting: list[Record],
        slots: int,
        events: SimpleQueue[Event],
    ) -> None:
        self._experiment = experiment
        self._folder = folder
        self._suggestions = suggestions
        self._store = store
        self._runner = runner
        self._waiting = waiting
        self._slots = slots
        self._events = events
        self._interrupts = Interrupts(lambda: self._events.put("interrupted"))
        self._following = Following(experiment, lambda: self._events.put("reported"))
        store.reports = self._following.reports
        self._running: dict[int, Record] = {}
        self._asked = AskedToEnd(runner)

    def __enter__(self) -> Self:
        """Take over Ctrl-C and SIGTERM."""
        self._interrupts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the running trials back, then end them: trials that we end must never count as failures."""
        with ExitStack() as stack:
            stack.callback(self._interrupts.__exit__, kind, error, trace)
            stack.callback(self._runner.close)
            stack.callback(self._end, logging.WARNING)  # a warning, as the user does not expect to wait now
            if error is not None:
                self._store.on_update = None  # it may be what failed
            stack.callback(self._put_back)
            stack.callback(self._following.close)
            self._collect_ended()

    def _put_back(self) -> None:
        """If the journal cannot be written, the next engine learns the same from the trials' files."""
        for record in self._running.values():
            with suppress(Unfinished):
                if ended := self._ended_by_us(record):
                    self._store.completed(record, ended, when=now(), exit_code=None)
                else:
                    self._store.put_back(record)
        self._running.clear()

    def run(self, deadline: float | None) -> Condition | Stop:
        """Run trials until the search has a verdict, is interrupted, or the deadline passes.

        Args:
            deadline: On the clock of `time.monotonic`, in seconds; None for no limit.
        """
        while (found := self._verdict()) is None:
            self._start_trials()
            self._store.tell_starts()
            if not self._running:
                continue
            self._suggestions.get_ready()
            event = self._next_event(deadline)
            if not isinstance(event, int):
                return event
            self._complete(event, self._runner.reap(event))
        return found

    def settle(self) -> None:
        """End the trials that still run after the verdict; Katib would let them continue."""
        self._collect_ended()
        codes: dict[int, int | None] = dict(self._end(logging.INFO))
        for record in [*self._running.values(), *self._waiting]:
            self._suggestions.journal.report(record.number, self._following.end(record.number))
            outcome = self._ended_by_us(record) if record.stopping else None
            self._store.completed(record, outcome or KILLED, when=now(), exit_code=codes.get(record.number))
        self._running.clear()

    def _end(self, level: int) -> dict[int, int]:
        """End the running trials; a further signal kills them. A first one may have brought us here."""
        asked = min(self._interrupts.count, 1)
        return self._runner.end(lambda: self._interrupts.count > asked, level=level)

    def _verdict(self) -> Condition | None:
        idle = not self._running and not self._waiting
        return verdict(self._experiment, self._store.score, search_ended=self._suggestions.ended and idle)

    def _start_trials(self) -> None:
        while self._room() > 0:
            if (record := self._next_record()) is None:
                return
            process = self._runner.prepare(record.number, record.name, record.parameters)
            self._running[record.number] = self._store.started(record, process, now())
            self._runner.go(record.number, self._events.put)
            self._following.begin(record.number, self._folder.trial(record.name), record.rule)
            self._asked.begin(record.number)

    def _room(self) -> int:
        """How many more trials may start. Katib does not count MetricsUnavailable here, and overshoots."""
        budget = self._experiment.max_trial_count
        left = self._slots if budget is None else budget - self._store.score.completed
        return min(self._slots, left) - len(self._running)

    def _next_record(self) -> Record | None:
        if self._waiting:
            return self._waiting.pop(0)
        suggestion = self._suggestions.ask()
        return self._store.named(suggestion) if suggestion else None

    def _next_event(self, deadline: float | None) -> int | Stop:
        """Wait for the next event; meanwhile what trials report is written, and overdue ones are ended."""
        while True:
            ends = [each for each in (self._asked.next(), deadline) if each is not None]
            wait = min(ends) - time.monotonic() if ends else None
            try:
                event = self._events.get(timeout=None if wait is None else min(max(0.0, wait), _DAY))
                if event != "reported":
                    return event
                for number, points in self._following.points():
                    self._suggestions.journal.report(number, points)
                for number in self._following.to_stop():
                    self._stop_early(number)
            except Empty:
                if deadline is not None and time.monotonic() >= deadline:
                    return "timed out"
                self._asked.end_due()

    def _stop_early(self, number: int) -> None:
        """Record that a trial is stopped early, then ask it to end; not if it has just ended by itself."""
        record = self._running[number]
        if number not in self._asked and self._folder.trial(record.name).exit_code() is None:
            self._running[number] = self._store.stopping(record)
            self._asked.stop_early(number)

    def _ended_by_us(self, record: Record) -> TrialCondition | None:
        """The outcome of a trial that was stopped early, or passed its deadline; None of any other."""
        overdue = self._asked.ended(record.number)
        if record.stopping:
            return early_stopped(self._experiment, self._folder.trial(record.name), record.rule)
        return overdue

    def _collect_ended(self) -> None:
        """Collect running trials that have since ended by themselves."""
        for number, record in list(self._running.items()):
            code = self._folder.trial(record.name).exit_code()
            if code is not None:
                self._runner.reap(number)
                self._complete(number, code)

    def _complete(self, number: int, code: int) -> None:
        record = self._running.pop(number)
        self._suggestions.journal.report(number, self._following.end(number))
        outcome = self._ended_by_us(record) or self._runner.failures.pop(number, None)
        files = self._folder.trial(record.name)
        if outcome is None:
            outcome = self._runner.explained(examine(self._experiment, files, code), files)
        self._store.completed(record, outcome, when=now(), exit_code=code)

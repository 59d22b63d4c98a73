# SPDX-License-Identifier: Apache-2.0
"""Follows the running trials in a thread of its own, so that the search never waits for what they write."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from kfp_katib.engines.local.curve import Curve, Point
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Reports, number
from kfp_katib.trial.command_line import metrics_place
from kfp_katib.trial.follower import Follower
from kfp_katib.trial.stop_rule import Watch, stop_rule
from kfp_katib.trial.trial_folder import TrialFolder

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
"""How long it takes from one look at the trials to the next, at least."""
SHORT_SECONDS = 0.1
"""A trial that ends within this time has no points: a look would take a noticeable part of it."""
QUICK_ROUNDS = 10
"""How many times as often a trial is looked at whose stopping rule is not decided yet."""
LAST_SECONDS = 0.05
"""How long the last look at a trial may take, for which the search waits."""
_SHARE = 10
"""Looking takes at most the tenth part of the time; who writes more than that is followed from behind."""


class Following:
    """The trials that are followed. Closing it ends its thread.

    Args:
        experiment: What runs.
        news: Called in the thread when there are new points, or trials to stop.
    """

    def __init__(self, experiment: Experiment, news: Callable[[], None]) -> None:
        self._experiment = experiment
        self._news = news
        self._trials: dict[int, _Followed] = {}
        self._rounds = QUICK_ROUNDS if experiment.early_stopping else 1
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, trial: int, files: TrialFolder, rule: str = "") -> None:
        """Follow a trial, with its stopping rule if it has one."""
        watch = Watch(stop_rule(rule)) if rule else None
        self._trials[trial] = _Followed(self._experiment, files, watch)
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="kfp-katib follower", daemon=True)
            self._thread.start()

    def points(self) -> Iterator[tuple[int, Iterator[Point]]]:
        """The new points of all trials, with their trials' numbers."""
        return ((trial, followed.new_points()) for trial, followed in self._trials.items())

    def to_stop(self) -> list[int]:
        """The trials that have to be stopped early by what they reported."""
        return [trial for trial, followed in self._trials.items() if followed.stops]

    def reports(self) -> dict[str, Reports]:
        """What each trial has reported last, by the trials' names; any thread may ask."""
        trials = list(self._trials.values())
        return {each.files.path.name: Reports(dict(each.last), each.step) for each in trials}

    def end(self, trial: int) -> Iterator[Point]:
        """The points of a trial that has ended which are not taken yet; it is followed no longer."""
        followed = self._trials.pop(trial, None)
        if followed and followed.age() >= SHORT_SECONDS:
            followed.look_a_last_time()
            yield from followed.new_points()

    def close(self) -> None:
        """Follow nothing any more."""
        self._closed.set()
        if self._thread:
            for followed in self._trials.values():
                followed.ended = True
            self._thread.join(EVERY_SECONDS)

    def _follow(self) -> None:
        every = wait = EVERY_SECONDS / self._rounds
        for turn in count():
            if self._closed.wait(wait):
                return
            began = time.monotonic()
            trials = [
                each for each in list(self._trials.values()) if turn % self._rounds == 0 or each.undecided
            ]
            for followed in trials:
                followed.look(every / _SHARE / len(trials))
            if any(followed.new or followed.stops for followed in trials):
                self._news()
            wait = max(every, (time.monotonic() - began) * (_SHARE - 1))


@dataclass(slots=True)
class _Followed:
    """One trial; the loop's thread takes its points, and looks when it has ended."""

    experiment: Experiment
    files: TrialFolder
    watch: Watch | None = None
    ended: bool = False
    new: deque[Point] = field(default_factory=deque)
    last: dict[str, str] = field(default_factory=dict)
    step: int = 0
    _began: float = field(default_factory=time.monotonic)
    _looking: threading.Lock = field(default_factory=threading.Lock)
    _follower: Follower | None = None
    _curve: Curve = field(init=False)

    def __post_init__(self) -> None:
        self._curve = Curve(self.experiment.objective.type == "maximize")

    @property
    def undecided(self) -> bool:
        """Whether its stopping rule is still to be looked at."""
        return self.watch is not None and self.watch.left > 0

    @property
    def stops(self) -> bool:
        """Whether it has to be stopped early."""
        return self.watch is not None and self.watch.stops

    def age(self) -> float:
        """For how many seconds it has been followed."""
        return time.monotonic() - self._began

    def look(self, seconds: float) -> None:
        """See what is new, for so long or a little longer, and only until the trial has ended."""
        until = time.monotonic() + seconds
        with self._looking:
            if not self.ended:
                self._take(lambda: self.ended or time.monotonic() > until)

    def look_a_last_time(self) -> None:
        """See what is left after the trial's end."""
        self.ended = True
        until = time.monotonic() + LAST_SECONDS
        with self._looking:
            self._take(lambda: time.monotonic() > until)
            self.new.extend(self._curve.end())

    def new_points(self) -> Iterator[Point]:
        """Take the points out."""
        while self.new:
            yield self.new.popleft()

    def _take(self, enough: Callable[[], bool]) -> None:
        metric = self.experiment.objective.metric
        try:
            self._follower = self._follower or self._open()
            for each in self._follower.look(enough, ended=self.ended):
                self.last[each.metric] = each.value
                if self.watch:
                    self.watch.take(each.metric, each.value)
                if each.metric != metric:
                    continue
                self.step = each.step
                if (value := number(each.value)) is not None:
                    self.new.extend(self._curve.take(each.step, value))
        except Exception:  # the boundary of a trial: whatever it wrote, the search goes on
            logger.debug("the reports of %s cannot be followed", self.files.path.name, exc_info=True)

    def _open(self) -> Follower:
        collector = self.experiment.collector
        path = metrics_place(collector, self.files.metrics).path
        return Follower(collector, self.experiment.objective.metrics, path)

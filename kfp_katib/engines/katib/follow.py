# SPDX-License-Identifier: Apache-2.0
"""From submission to an end: Katib's verdict, the end of our patience, or somebody else's decision."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from kfp_katib.engines.katib import read
from kfp_katib.engines.katib.alarm import Alarm
from kfp_katib.engines.katib.kinds import EXPERIMENTS
from kfp_katib.engines.katib.outcome import as_edited, final, goes_on, outcome, trial, where_to_look
from kfp_katib.engines.katib.session import Session
from kfp_katib.engines.katib.settle import settle
from kfp_katib.engines.options import OnTimeout
from kfp_katib.errors import ClusterError, Interrupted, TimedOut, Unfinished
from kfp_katib.results import Progress, Result, Score, Trial, objective_text

logger = logging.getLogger(__name__)

_TICK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and what then.

    Attributes:
        timeout_seconds: From the Experiment's creation; None for ever.
        on_timeout: Whether to raise, or to take what there is and stop the search.
        stall_timeout_seconds: For how long something may block while no trial is computed.
        only_look: Whether the search is somebody else's: nothing of it is ended.
    """

    timeout_seconds: float | None = None
    on_timeout: OnTimeout = "fail"
    stall_timeout_seconds: float = math.inf
    only_look: bool = False


@dataclass(slots=True)
class Updates:
    """Tells a listener whenever a trial's state has changed."""

    session: Session
    listener: Callable[[Progress], None] | None
    score: Score
    _told: dict[str, str] = field(default_factory=dict)
    _earlier: int | None = None

    def tell(self) -> None:
        """Call the listener, and log, where something is new."""
        new = []
        for thing in self.session.mirror.trials:
            name, state = read.name(thing), read.trial_state(thing)
            if self._told.get(name) != state:
                self._told[name] = state
                logger.info("trial %s: %s", name, state)
                new.append(trial(self.session, thing))
        if new:
            self._call(new)

    def _call(self, new: list[Trial]) -> None:
        for each in new:
            self.score.take(each)
        if self._earlier is None:
            self._earlier = self.score.completed
            new = [each for each in new if not each.completed]
        if self.listener:
            experiment, result = as_edited(self.session), partial(outcome, self.session)
            self.listener(
                self.score.progress(experiment, tuple(new), earlier=self._earlier, notes=(), result=result)
            )


def follow(
    session: Session, patience: Patience, *, on_update: Callable[[Progress], None] | None = None
) -> Result:
    """Wait for the verdict.

    Returns:
        The Result; without a verdict, in Katib's state of that moment, where `on_timeout` says so.

    Raises:
        TimedOut: Time is up.
        Stalled: Nothing goes on.
        Interrupted: Ctrl-C.
        Unfinished: The Experiment was deleted.
    """
    alarm = Alarm(session, patience.stall_timeout_seconds)
    updates = Updates(session, on_update, Score(session.experiment.objective))
    try:
        while not _has_verdict(session):
            changed = session.take(_TICK_SECONDS)
            _refuse_deleted(session)
            if changed and session.complete:
                updates.tell()
            if _overdue(session, patience) and not _has_verdict(session):
                return _out_of_time(session, patience)
            alarm.check(time.monotonic())
        settle(session, end_the_rest=not patience.only_look)
        updates.tell()
        return final(session)
    except KeyboardInterrupt as error:
        raise Interrupted(_interrupted(session), outcome(session)) from error


def _has_verdict(session: Session) -> bool:
    experiment = session.mirror.experiment
    return session.complete and experiment is not None and read.verdict(experiment).final


def _refuse_deleted(session: Session) -> None:
    if EXPERIMENTS in session.mirror.listed and session.mirror.experiment is None:
        raise Unfinished(
            f"Experiment '{session.submitted.name}' in namespace '{session.cluster.namespace}' was deleted "
            f"by somebody else before it had a verdict. {_so_far(session)}",
            outcome(session),
        )


def _overdue(session: Session, patience: Patience) -> bool:
    if patience.timeout_seconds is None or not session.complete:
        return False
    return session.cluster.now() >= session.submitted.created + timedelta(seconds=patience.timeout_seconds)


def _out_of_time(session: Session, patience: Patience) -> Result:
    head = (
        f"Experiment '{session.submitted.name}' has no verdict after {patience.timeout_seconds:g} s. "
        f"{_so_far(session)}"
    )
    if patience.on_timeout == "fail":
        raise TimedOut(
            f"{head} Raise timeout_seconds, or take what there is with on_timeout='best_so_far'. "
            f"{goes_on(session)}",
            outcome(session),
        )
    session.ended |= {read.name(each) for each in session.mirror.trials}
    result = final(session, notes=(f"{head} The best so far was taken.",))
    try:
        session.cluster.delete(EXPERIMENTS, session.submitted.name, uid=session.submitted.uid)
    except ClusterError as error:
        return replace(result, notes=(*result.notes, f"The Experiment could not be stopped: {error}"))
    return result


def _so_far(session: Session) -> str:
    result = outcome(session)
    done = sum(trial.completed for trial in result.trials)
    limit = result.experiment.max_trial_count
    count = f"{done} of {limit} trials are completed" if limit else f"{done} trials are completed"
    if result.best is None:
        return f"{count}, none with a finite {session.experiment.objective.metric}."
    value = objective_text(result.best, session.experiment.objective)
    return f"{count}; the best is '{result.best.name}' with {session.experiment.objective.metric}={value}."


def _interrupted(session: Session) -> str:
    return (
        f"Interrupted; Experiment '{session.submitted.name}' goes on in the cluster. {_so_far(session)} "
        f"Run the same again to follow it on. {where_to_look(session)}"
    )

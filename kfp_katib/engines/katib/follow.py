# SPDX-License-Identifier: Apache-2.0
"""From submission to an end: Katib's verdict, the end of our patience, or somebody else's decision."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, TRIALS
from kfp_katib.engines.katib.diagnosis.monitor import StallMonitor
from kfp_katib.engines.katib.session import Session
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import ClusterError, Interrupted, Stalled, TimedOut, Unfinished
from kfp_katib.results import Progress, Result, Score, Trial, objective_text

logger = logging.getLogger(__name__)

_TICK_SECONDS = 2.0
_CATCH_UP_SECONDS = 5.0
_REPORT_SECONDS = 30.0


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
        for thing in self.session.cache.trials:
            name, state = resources.name(thing), resources.trial_state(thing)
            if self._told.get(name) != state:
                self._told[name] = state
                logger.info("trial %s: %s", name, state)
                new.append(self.session.trial(thing))
        if new:
            self._call(new)

    def _call(self, new: list[Trial]) -> None:
        for each in new:
            self.score.take(each)
        if self._earlier is None:
            self._earlier = self.score.completed
            new = [each for each in new if not each.completed]
        if self.listener:
            session = self.session
            self.listener(
                self.score.progress(
                    session.experiment, tuple(new), earlier=self._earlier, notes=(), result=session.result
                )
            )


def follow(session: Session, options: RunOptions, *, only_look: bool = False) -> Result:
    """Wait for the verdict.

    Args:
        session: The search.
        options: How long to wait, and whom to tell.
        only_look: Whether the search is somebody else's: it may take its time, and nothing of it is ended.

    Returns:
        The Result; without a verdict, in Katib's state of that moment, where `on_timeout` says so.

    Raises:
        TimedOut: Time is up.
        Stalled: Nothing goes on.
        Interrupted: Ctrl-C.
        Unfinished: The Experiment was deleted.
    """
    primary = session.manifest.trial_template.primary_container
    limit = math.inf if only_look else options.stall_timeout_seconds
    monitor = StallMonitor(session.cluster, session.cache, primary, limit)
    updates = Updates(session, options.on_update, Score(session.manifest.objective))
    try:
        while not _has_verdict(session):
            changed = session.take(_TICK_SECONDS)
            _refuse_deleted(session)
            if changed and session.complete:
                updates.tell()
            if not only_look and _overdue(session, options) and not _has_verdict(session):
                return _out_of_time(session, options)
            if blocked := monitor.check(time.monotonic()):
                raise _stalled(session, blocked, limit)
        _settle(session, end_the_rest=not only_look)
        updates.tell()
        return session.final_result()
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"Interrupted; Experiment '{session.submitted.name}' goes on in the cluster. {_so_far(session)} "
            f"Run the same again to follow it on. {session.where_to_look()}",
            session.result(),
        ) from error


def _has_verdict(session: Session) -> bool:
    return session.complete and session.condition.final


def _refuse_deleted(session: Session) -> None:
    if EXPERIMENTS in session.cache.listed and session.cache.experiment is None:
        raise Unfinished(
            f"{session.where} was deleted by somebody else before it had a verdict. {_so_far(session)}",
            session.result(),
        )


def _stalled(session: Session, blocked: list[str], limit_seconds: float) -> Stalled:
    cause, *others = blocked
    head = f"{session.where} has made no progress for {limit_seconds:g} s: {cause}"
    also = (f"  also: {other}" for other in others)
    return Stalled("\n".join([head, *also, session.goes_on(), session.where_to_look()]), session.result())


def _overdue(session: Session, options: RunOptions) -> bool:
    if options.timeout_seconds is None or not session.complete:
        return False
    return session.cluster.now() >= session.submitted.created + timedelta(seconds=options.timeout_seconds)


def _out_of_time(session: Session, options: RunOptions) -> Result:
    name = session.submitted.name
    head = f"Experiment '{name}' has no verdict after {options.timeout_seconds:g} s. {_so_far(session)}"
    if options.on_timeout == "fail":
        raise TimedOut(
            f"{head} Raise timeout_seconds, or take what there is with on_timeout='best_so_far'. "
            f"{session.goes_on()}",
            session.result(),
        )
    session.ended |= session.cache.trial_names
    result = session.final_result(notes=(f"{head} The best so far was taken.",))
    try:
        session.cluster.delete(EXPERIMENTS, name, uid=session.submitted.uid)
    except ClusterError as error:
        return replace(result, notes=(*result.notes, f"The Experiment could not be stopped: {error}"))
    return result


def _so_far(session: Session) -> str:
    result, objective = session.result(), session.manifest.objective
    done = sum(trial.completed for trial in result.trials)
    limit = result.experiment.max_trial_count
    count = f"{done} of {limit} trials are completed" if limit else f"{done} trials are completed"
    if result.best is None:
        return f"{count}, none with a finite {objective.metric}."
    value = objective_text(result.best, objective)
    return f"{count}; the best is '{result.best.name}' with {objective.metric}={value}."


# Between Katib's verdict and ours. Four watches run side by side, so the verdict can arrive before the last
# trial's metrics. And Katib lets trials run on after its verdict (katib#855, katib#2061), at their cost.


def _settle(session: Session, *, end_the_rest: bool) -> None:
    """Bring the cache up to Katib's verdict, let trials report that have finished, end the others."""
    if not session.wait_until(lambda: not _behind(session), _CATCH_UP_SECONDS):
        logger.warning(
            "trials that Katib counts as completed are unknown to us: %s", sorted(_behind(session))
        )
    if _reporting(session):
        session.wait_until(lambda: not _reporting(session), _REPORT_SECONDS)
    for name in session.cache.active if end_the_rest else ():
        _end(session, name)


def _behind(session: Session) -> set[str]:
    """What the Experiment's status knows and the other watches have not told yet."""
    cache = session.cache
    left = resources.counted(cache.experiment or {}) - (cache.trial_names - set(cache.active))
    failed = "Failed" in resources.true_conditions(cache.suggestion or {})
    waits = session.condition.message == "Suggestion has failed" and not failed
    return {*left, "suggestion"} if waits else {*left}


def _reporting(session: Session) -> list[str]:
    """The active trials whose training has ended well: only their metrics are on the way."""
    primary = session.manifest.trial_template.primary_container

    def has_ended_well(trial: str) -> bool:
        ends = (resources.terminated(pod).get(primary) for pod in session.cache.pods_of(trial))
        return any(end is not None and end.get("exitCode") == 0 for end in ends)

    return [name for name in session.cache.active if has_ended_well(name)]


def _end(session: Session, name: str) -> None:
    session.ended.add(name)
    try:
        session.cluster.delete(TRIALS, name)
        logger.info("trial %s still ran after the verdict: ended", name)
    except ClusterError as error:
        logger.warning("trial %s runs on after the verdict and cannot be ended: %s", name, error)

# SPDX-License-Identifier: Apache-2.0
"""Run one Experiment on a Katib in a cluster, with the same Result as from the local engine."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from kfp_katib.engines.katib import preflight, stop
from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import EXPERIMENTS
from kfp_katib.engines.katib.diagnosis.monitor import StallMonitor
from kfp_katib.engines.katib.session import Session, following, settle
from kfp_katib.engines.katib.step import experiment_ends_with_run
from kfp_katib.engines.katib.submit import Submitted, adopt, create, find, labelled, no_such
from kfp_katib.engines.katib.unsupported import refuse_manifest, refuse_options
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import ClusterError, InputError, Interrupted, Stalled, TimedOut, Unfinished
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.accepted import accepted
from kfp_katib.experiment.argument_names import argument
from kfp_katib.results import Listener, Result, Score

logger = logging.getLogger(__name__)

_READ_SECONDS = 30.0
_TICK_SECONDS = 2.0


def run(experiment: Experiment, options: RunOptions) -> Result:
    """Submit the Experiment, or adopt it if an earlier attempt did, and wait for its verdict.

    One that is there is given the manifest's budget: while it runs, and by Katib's rules after its verdict.

    Args:
        experiment: What to run, its name final and its placeholders filled.
        options: With `on_timeout` `fail` the Experiment is left to `cleanup`, to `cancel` or to `clean_up`;
            with `best_so_far` it is deleted when its time is up.

    Returns:
        The Result for every verdict of Katib's, Failed included.

    Raises:
        ManifestError: Katib alone cannot run the manifest; it carries all reasons.
        InputError: It could not be started; the message gives all reasons at once.
        TimedOut: Time is up, and `on_timeout` is `fail`.
        Stalled: There was no progress for `stall_timeout_seconds`; the message says what blocked.
        Unfinished: Somebody deleted the Experiment.
        Interrupted: Ctrl-C; the Experiment continues in the cluster.
        ClusterError: The API server refused something that a search needs.
    """
    identity = options.identity
    refuse_manifest(experiment)
    refuse_options(experiment, options)
    here = f"Or run it here: {argument('engine', 'local')} needs no cluster."
    with connect(identity.namespace or experiment.namespace, instead=here) as cluster:
        manifest = labelled(experiment, cluster.namespace, identity)
        ours = adopt(cluster, manifest)
        if ours is None:
            preflight.check(cluster, manifest, preflight.first_job(experiment, cluster.namespace))
            ours = create(cluster, manifest)

        def search() -> Result:
            with following(cluster, experiment, ours, models=str(options.models or "")) as session:
                return follow(session, options)

        with experiment_ends_with_run(cluster, ours.name, ours.uid):
            return stop.tidied(cluster, ours, options, search)


def watch(name: str, options: RunOptions) -> Result:
    """Follow an Experiment that is in the cluster already, whoever submitted it, and change nothing.

    Args:
        name: The Experiment.
        options: Only `identity.namespace` and `on_update` are used.

    Raises:
        InputError: There is no such Experiment.
        Interrupted: Ctrl-C.
    """
    with _looking_at(name, options) as session:
        return follow(session, options, only_look=True)


def read(name: str, options: RunOptions) -> Result:
    """Read an Experiment in the cluster as it is now, whoever submitted it.

    Raises:
        InputError: There is no such Experiment.
        ClusterError: The API server does not deliver all of it within 30 s.
    """
    with _looking_at(name, options) as session:
        if not session.wait_until(lambda: session.complete, _READ_SECONDS):
            raise ClusterError(f"Experiment '{name}' could not be read within {_READ_SECONDS:g} s.")
        return session.final_result()


@contextmanager
def _looking_at(name: str, options: RunOptions) -> Iterator[Session]:
    with connect(options.identity.namespace) as cluster:
        stored = find(cluster, name)
        if stored is None:
            raise InputError(no_such(name, cluster.namespace))
        experiment = accepted(resources.as_written(stored), name=f"Experiment '{name}'")
        with following(cluster, experiment, Submitted(stored), models=str(options.models or "")) as session:
            yield session


def _tell(listener: Listener, session: Session) -> None:
    """Call the listener, and log, if a trial's state has changed."""
    new = []
    for thing in session.cache.trials:
        name, state = resources.name(thing), resources.trial_state(thing)
        if listener.is_news(name, state):
            # Whoever listens says it in their own words.
            level = logging.DEBUG if listener.on_update else logging.INFO
            logger.log(level, "trial %s: %s", name, state)
            new.append(session.trial(thing))
    if new:
        listener.tell(new, session.experiment, session.result)


def follow(session: Session, options: RunOptions, *, only_look: bool = False) -> Result:
    """Wait for the verdict.

    Args:
        session: The search.
        options: How long to wait, and whom to tell.
        only_look: Whether the search is somebody else's: it has no time limit, and nothing of it is ended.

    Returns:
        The Result; without a verdict, in Katib's state of that moment, if `on_timeout` says so.

    Raises:
        TimedOut: Time is up.
        Stalled: There was no progress.
        Interrupted: Ctrl-C.
        Unfinished: The Experiment was deleted.
    """
    primary = session.manifest.trial_template.primary_container
    limit = math.inf if only_look else options.stall_timeout_seconds
    monitor = StallMonitor(session.cluster, session.cache, primary, limit)
    listener = Listener(options.on_update, Score(session.manifest.objective))
    try:
        while not _has_verdict(session):
            changed = session.take(_TICK_SECONDS)
            _refuse_deleted(session)
            if changed and session.complete:
                _tell(listener, session)
            if not only_look and _overdue(session, options) and not _has_verdict(session):
                return _out_of_time(session, options)
            if blocked := monitor.check(time.monotonic()):
                raise _stalled(session, blocked, limit)
        settle(session, end_the_rest=not only_look)
        _tell(listener, session)
        return session.final_result()
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"Interrupted; {session.where} continues in the cluster. {session.so_far()} "
            f"Run the same again to follow it further. {session.where_to_look()}",
            session.result(),
        ) from error


def _has_verdict(session: Session) -> bool:
    return session.complete and session.condition.final


def _refuse_deleted(session: Session) -> None:
    if EXPERIMENTS in session.cache.listed and session.cache.experiment is None:
        raise Unfinished(
            f"{session.where} was deleted by somebody else before it had a verdict. {session.so_far()}",
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
    return session.cluster.now() >= session.began + timedelta(seconds=options.timeout_seconds)


def _out_of_time(session: Session, options: RunOptions) -> Result:
    head = f"{session.where} has no verdict after {options.timeout_seconds:g} s. {session.so_far()}"
    if options.on_timeout == "fail":
        raise TimedOut(
            f"{head} Raise {argument('timeout_seconds')}, or take what there is with "
            f"{argument('on_timeout', 'best_so_far')}. "
            f"{session.goes_on()}",
            session.result(),
        )
    session.ended |= session.cache.trial_names
    result = session.final_result(notes=(f"{head} The best so far was taken.",))
    try:
        session.cluster.delete(EXPERIMENTS, session.submitted.name, uid=session.submitted.uid)
    except ClusterError as error:
        return replace(result, notes=(*result.notes, f"The Experiment could not be stopped: {error}"))
    return result

# SPDX-License-Identifier: Apache-2.0
"""One search that is being followed: four watches, the cache they fill, and the Result of what is known."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from kfp_katib.engines.katib.api import resources, verdicts
from kfp_katib.engines.katib.api.cache import KINDS, Cache, selector
from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, PODS, TRIALS, Object
from kfp_katib.engines.katib.api.watches import Change, Watch
from kfp_katib.engines.katib.diagnosis.explain import Event, warnings
from kfp_katib.engines.katib.diagnosis.trial_logs import TrialLogs
from kfp_katib.engines.katib.extend import EDITABLE
from kfp_katib.engines.katib.submit import Submitted
from kfp_katib.errors import ClusterError
from kfp_katib.experiment import Experiment
from kfp_katib.results import KILLED, Condition, Result, Trial, conclude, objective_text, trial_model_uri

logger = logging.getLogger(__name__)

_CATCH_UP_SECONDS = 5.0
_REPORT_SECONDS = 30.0
_NEEDED = (resources.EXPERIMENTS, resources.SUGGESTIONS, TRIALS)


@dataclass(slots=True)
class Session:
    """One search.

    Attributes:
        manifest: The Experiment as it was submitted.
        submitted: Where it is in the cluster.
        models: The URI root below which its trials write models, empty where they write none.
        cluster: The connection.
        cache: Its objects in the cluster.
        trial_logs: What was read about failed trials.
        inbox: What the watches have reported and `take` has not applied yet.
        opened: The server's time when following began.
        ended: The trials that we ended after the verdict.
    """

    manifest: Experiment
    submitted: Submitted
    models: str
    cluster: Cluster
    cache: Cache
    trial_logs: TrialLogs
    inbox: queue.SimpleQueue[Change]
    opened: datetime
    ended: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether every kind has been listed at least once; pods may be denied."""
        known = self.cache.listed | set(self.cache.denied)
        return PODS in known and self.cache.listed.issuperset(_NEEDED)

    @property
    def where(self) -> str:
        """The Experiment and its namespace, to start a sentence."""
        return f"Experiment '{self.submitted.name}' in namespace '{self.cluster.namespace}'"

    @property
    def condition(self) -> Condition:
        """The Experiment's condition, as Katib reports it."""
        return verdicts.condition(self.cache.experiment or {})

    @property
    def began(self) -> datetime:
        """When the search began: at its creation, or when it was last extended after a verdict."""
        known = self.cache.experiment or {}
        restarted = self.opened if verdicts.awaits_restart(known) else verdicts.restarted(known)
        return restarted or self.submitted.created

    @property
    def experiment(self) -> Experiment:
        """The Experiment with its current budget, which Katib lets people change while it runs."""
        spec = (self.cache.experiment or {}).get("spec") or {}
        edited = {name: spec[key] for key, name in EDITABLE.items() if isinstance(spec.get(key), int)}
        return replace(self.manifest, **edited)

    def take(self, seconds: float) -> bool:
        """Apply what has changed, waiting at most this long for it; False if nothing has.

        Raises:
            ClusterError: We may not watch something that a search needs.
        """
        changed, wait = False, max(0.0, seconds)
        while True:
            try:
                change = self.inbox.get(timeout=wait)
            except queue.Empty:
                return changed
            changed = self._apply(change) or changed
            wait = 0.0

    def wait_until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Apply changes until a state is reached; False if it was not reached in time."""
        deadline = time.monotonic() + seconds
        while not reached():
            if (left := deadline - time.monotonic()) <= 0:
                return False
            self.take(min(left, 1.0))
        return True

    def trial(self, thing: Object, events: Sequence[Event] = ()) -> Trial:
        """One trial with what is known about it."""
        uri = trial_model_uri(self.models, self.submitted.name, resources.name(thing))
        found = self.trial_logs.explained(resources.as_trial(thing, model_uri=uri), events)
        if found.name in self.ended and not found.completed:
            return replace(found, state=KILLED.state, reason=KILLED.reason, message=KILLED.message)
        return found

    def result(self, *, notes: Sequence[str] = (), events: Sequence[Event] = ()) -> Result:
        """The Result so far, or the final one if Katib has given its verdict."""
        return conclude(
            self.experiment,
            [self.trial(each, events) for each in self.cache.trials],
            replace(self.condition, message=self._with_suggestions_words(self.condition.message)),
            notes=notes,
            katib_best=resources.katib_best(self.cache.experiment or {}),
            provenance=self.cache.provenance(self.manifest),
        )

    def final_result(self, *, notes: Sequence[str] = ()) -> Result:
        """The Result at the end, with what was found out about failed trials."""
        self.trial_logs.settle()
        result = self.result(notes=notes)
        if not result.failures:
            return result
        notes = (*notes, self.where_to_look())
        return self.result(notes=notes, events=warnings(self.cluster, self.submitted.name) or ())

    def so_far(self) -> str:
        """How many trials have completed, and the best of them."""
        result, objective = self.result(), self.manifest.objective
        done, limit = sum(trial.completed for trial in result.trials), result.experiment.max_trial_count
        count = f"{done} of {limit} trials have completed" if limit else f"{done} trials have completed"
        if result.best is None:
            return f"{count}, none with a finite {objective.metric}."
        value = objective_text(result.best, objective)
        return f"{count}; the best is '{result.best.name}' with {objective.metric}={value}."

    def where_to_look(self) -> str:
        """The commands that show more."""
        name, namespace = self.submitted.name, self.cluster.namespace
        return (
            f"To find out more: kubectl describe experiment {name} -n {namespace}; "
            f"kubectl get trials,pods -n {namespace} -l {resources.EXPERIMENT_LABEL}={name}; "
            f"kubectl get events -n {namespace} | grep {name}"
        )

    def goes_on(self) -> str:
        """The sentence that an Experiment without a verdict outlives its launcher, and how to end it."""
        return (
            f"It continues in the cluster unless experiment_cleanup deletes it; to end it: "
            f"kubectl delete experiment {self.submitted.name} -n {self.cluster.namespace}"
        )

    def _apply(self, change: Change) -> bool:
        if change.type == "DENIED" and change.kind in _NEEDED and change.error:
            raise change.error
        changed = self.cache.apply(change)
        for thing in change.objects:
            if change.kind is PODS:
                self.trial_logs.look(thing)
            if change.kind is TRIALS and resources.trial_state(thing) == "MetricsUnavailable":
                name = resources.name(thing)
                self.trial_logs.look_again(name, self.cache.pods_of(name))
        return changed

    def _with_suggestions_words(self, message: str) -> str:
        """Add the reason, since Katib's Experiment says only `Suggestion has failed`."""
        failure = resources.true_conditions(self.cache.suggestion or {}).get("Failed")
        if not failure or not failure.get("message"):
            return message
        return f"{message.rstrip('.')}: {failure['message']}"


@contextmanager
def following(
    cluster: Cluster, experiment: Experiment, submitted: Submitted, *, models: str = ""
) -> Iterator[Session]:
    """Follow an Experiment, its Suggestion, its Trials and their pods until the block is left."""
    inbox: queue.SimpleQueue[Change] = queue.SimpleQueue()
    watches = [Watch(cluster, kind, selector(kind, submitted.name), inbox) for kind in KINDS]
    logs, cache = TrialLogs(cluster, experiment), Cache(submitted.name, submitted.uid)
    # A list may come from a server that is behind, and still tell the verdict before an extension.
    cache.apply(Change(EXPERIMENTS, "MODIFIED", (dict(submitted.stored),)))
    for watch in watches:
        watch.start()
    try:
        yield Session(experiment, submitted, models, cluster, cache, logs, inbox, cluster.now())
    finally:
        for watch in watches:
            watch.stop()
        logs.close()


def settle(session: Session, *, end_the_rest: bool) -> None:
    """Bring the cache up to Katib's verdict, let finished trials report, end the others.

    Four watches run side by side, so the verdict can arrive before the last trial's metrics. And Katib lets
    trials run on after its verdict (katib#855, katib#2061), where they only cost money.
    """
    if not session.wait_until(lambda: not _behind(session), _CATCH_UP_SECONDS):
        logger.warning(
            "trials that Katib counts as completed are unknown to us: %s", sorted(_behind(session))
        )
    if _reporting(session):
        session.wait_until(lambda: not _reporting(session), _REPORT_SECONDS)
    for name in session.cache.active if end_the_rest else ():
        _end(session, name)


def _behind(session: Session) -> set[str]:
    """What the Experiment's status knows and the other watches have not reported yet."""
    cache = session.cache
    left = resources.completed_trials(cache.experiment or {}) - (cache.trial_names - set(cache.active))
    failed = "Failed" in resources.true_conditions(cache.suggestion or {})
    waits = session.condition.message == "Suggestion has failed" and not failed
    return {*left, "suggestion"} if waits else {*left}


def _reporting(session: Session) -> list[str]:
    """The active trials whose training has ended well: only their metrics are still missing."""
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

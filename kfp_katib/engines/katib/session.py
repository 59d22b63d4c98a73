# SPDX-License-Identifier: Apache-2.0
"""One search that is being followed: four watches, the cache they fill, and the Result of what is known."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import (
    EXPERIMENT_LABEL,
    EXPERIMENTS,
    PODS,
    SUGGESTIONS,
    TRIALS,
    Object,
)
from kfp_katib.engines.katib.api.watches import Change, Watch
from kfp_katib.engines.katib.diagnosis.explain import Event, warnings
from kfp_katib.engines.katib.diagnosis.trial_logs import TrialLogs
from kfp_katib.engines.katib.submit import EDITABLE, Submitted
from kfp_katib.experiment import Experiment
from kfp_katib.results import KILLED, Condition, Result, Trial, conclude, trial_model_uri

_NEEDED = (EXPERIMENTS, SUGGESTIONS, TRIALS)


@dataclass(slots=True)
class Session:
    """One search that is being followed.

    Attributes:
        manifest: The Experiment as it was submitted.
        submitted: Where it is in the cluster.
        models: The URI root below which its trials write models, empty where they write none.
        cluster: The connection.
        cache: What the cluster holds of it.
        trial_logs: What was read about failed trials.
        inbox: What the watches have told and nobody has taken in yet.
        ended: The trials that we ended after the verdict.
    """

    manifest: Experiment
    submitted: Submitted
    models: str
    cluster: Cluster
    cache: Cache
    trial_logs: TrialLogs
    inbox: queue.SimpleQueue[Change]
    ended: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether every kind has been heard of at least once."""
        known = self.cache.listed | set(self.cache.denied)
        return PODS in known and self.cache.listed.issuperset(_NEEDED)

    @property
    def where(self) -> str:
        """The Experiment and its namespace, to begin a sentence with."""
        return f"Experiment '{self.submitted.name}' in namespace '{self.cluster.namespace}'"

    @property
    def condition(self) -> Condition:
        """Where the Experiment stands, by Katib's word."""
        return resources.condition(self.cache.experiment or {})

    @property
    def experiment(self) -> Experiment:
        """The Experiment with the budget that it has by now: Katib lets people change that while it runs."""
        spec = (self.cache.experiment or {}).get("spec") or {}
        edited = {name: spec[key] for key, name in EDITABLE.items() if isinstance(spec.get(key), int)}
        return replace(self.manifest, **edited)

    def take(self, seconds: float) -> bool:
        """Take in what has changed, waiting for it at most so long; False where nothing has.

        Raises:
            ClusterError: What a search cannot do without may not be watched.
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
        """Take changes in until a state is reached; False where it was not within the time."""
        deadline = time.monotonic() + seconds
        while not reached():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.take(min(left, 1.0))
        return True

    def trial(self, thing: Object, events: Sequence[Event] = ()) -> Trial:
        """One trial by what is known of it."""
        uri = trial_model_uri(self.models, self.submitted.name, resources.name(thing))
        found = self.trial_logs.explained(resources.as_trial(thing, model_uri=uri), events)
        if found.name in self.ended and not found.completed:
            return replace(found, state=KILLED.state, reason=KILLED.reason, message=KILLED.message)
        return found

    def result(self, *, notes: Sequence[str] = (), events: Sequence[Event] = ()) -> Result:
        """The Result so far, or the final one where Katib has given its verdict."""
        condition = self.condition
        return conclude(
            self.experiment,
            [self.trial(each, events) for each in self.cache.trials],
            replace(condition, message=self._with_suggestions_words(condition.message)),
            notes=notes,
            katib_best=resources.katib_best(self.cache.experiment or {}),
        )

    def final_result(self, *, notes: Sequence[str] = ()) -> Result:
        """The Result at the end, with what was found out about failed trials."""
        self.trial_logs.settle()
        result = self.result(notes=notes)
        if not result.failures:
            return result
        events = warnings(self.cluster, self.submitted.name) or ()
        return self.result(notes=(*notes, self.where_to_look()), events=events)

    def where_to_look(self) -> str:
        """The commands that show more."""
        name, namespace = self.submitted.name, self.cluster.namespace
        return (
            f"To look further: kubectl describe experiment {name} -n {namespace}; "
            f"kubectl get trials,pods -n {namespace} -l {EXPERIMENT_LABEL}={name}; "
            f"kubectl get events -n {namespace} | grep {name}"
        )

    def goes_on(self) -> str:
        """That an Experiment without a verdict outlives its launcher, and how to end it."""
        return (
            f"It goes on in the cluster unless experiment_cleanup deletes it; to end it: "
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
        """Katib's Experiment says `Suggestion has failed` and leaves the why in the Suggestion."""
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
    named = {"fieldSelector": f"metadata.name={submitted.name}"}
    labelled = {"labelSelector": f"{EXPERIMENT_LABEL}={submitted.name}"}
    selectors = {EXPERIMENTS: named, SUGGESTIONS: named, TRIALS: labelled, PODS: labelled}
    watches = [Watch(cluster, kind, selector, inbox) for kind, selector in selectors.items()]
    trial_logs = TrialLogs(cluster, experiment)
    for watch in watches:
        watch.start()
    try:
        cache = Cache(submitted.name, submitted.uid)
        yield Session(experiment, submitted, models, cluster, cache, trial_logs, inbox)
    finally:
        for watch in watches:
            watch.stop()
        trial_logs.close()

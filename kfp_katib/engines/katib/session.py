# SPDX-License-Identifier: Apache-2.0
"""What is open while a search is followed: four watches, the mirror that they fill, and the evidence."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kfp_katib.engines.katib import read
from kfp_katib.engines.katib.connect import Cluster
from kfp_katib.engines.katib.evidence import Evidence
from kfp_katib.engines.katib.kinds import EXPERIMENT_LABEL, EXPERIMENTS, PODS, SUGGESTIONS, TRIALS
from kfp_katib.engines.katib.mirror import Mirror
from kfp_katib.engines.katib.stream import Change, Watch
from kfp_katib.engines.katib.submit import Submitted
from kfp_katib.experiment import Experiment

_NEEDED = (EXPERIMENTS, SUGGESTIONS, TRIALS)


@dataclass(slots=True)
class Session:
    """One search that is being followed.

    Attributes:
        experiment: What runs.
        submitted: Where it is in the cluster.
        models: The URI root below which its trials write models, empty where they write none.
        cluster: The connection.
        mirror: What the cluster holds of it.
        evidence: What was read about failed trials.
        ended: The trials that we ended after the verdict.
    """

    experiment: Experiment
    submitted: Submitted
    models: str
    cluster: Cluster
    mirror: Mirror
    evidence: Evidence
    inbox: queue.SimpleQueue[Change]
    ended: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether every kind has been heard of at least once."""
        known = self.mirror.listed | set(self.mirror.denied)
        return PODS in known and all(kind in self.mirror.listed for kind in _NEEDED)

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

    def _apply(self, change: Change) -> bool:
        if change.type == "DENIED" and change.kind in _NEEDED and change.error:
            raise change.error
        changed = self.mirror.apply(change)
        if change.kind is PODS:
            for pod in change.objects:
                self.evidence.look(pod)
        if change.kind is TRIALS:
            for trial in change.objects:
                if read.trial_state(trial) == "MetricsUnavailable":
                    name = read.name(trial)
                    self.evidence.look_again(name, self.mirror.pods(name))
        return changed


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
    evidence = Evidence(
        cluster, experiment.trial_template.primary_container, experiment.collector.kind == "StdOut"
    )
    mirror = Mirror(submitted.name, submitted.uid)
    for watch in watches:
        watch.start()
    try:
        yield Session(experiment, submitted, models, cluster, mirror, evidence, inbox)
    finally:
        for watch in watches:
            watch.stop()
        evidence.close()

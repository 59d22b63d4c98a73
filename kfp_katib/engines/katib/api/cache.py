# SPDX-License-Identifier: Apache-2.0
"""One search's objects in the cluster, kept in memory from what the watches report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, PODS, SUGGESTIONS, TRIALS, Kind
from kfp_katib.engines.katib.api.watches import Change
from kfp_katib.errors import ClusterError
from kfp_katib.experiment import Experiment
from kfp_katib.results import Provenance

Thing = dict[str, Any]

KINDS = (EXPERIMENTS, SUGGESTIONS, TRIALS, PODS)
"""The kinds of objects that a search has."""


def selector(kind: Kind, experiment: str) -> dict[str, str]:
    """The query for the objects of a kind that belong to an Experiment."""
    if kind in (EXPERIMENTS, SUGGESTIONS):
        return {"fieldSelector": f"metadata.name={experiment}"}
    return {"labelSelector": f"{resources.EXPERIMENT_LABEL}={experiment}"}


@dataclass(slots=True)
class Cache:
    """The Experiment, its Suggestion, its Trials and all their pods, as last reported.

    Attributes:
        name: The Experiment's name.
        uid: Its uid: another Experiment with its name is not ours.
        objects: By kind and name.
        listed: The kinds that have been listed at least once.
        denied: The kinds that we may not watch.
        lost: The kinds for which the server does not answer at the moment, and the last error.
        katib: Katib's version, empty until a pod has shown it.
    """

    name: str
    uid: str
    objects: dict[Kind, dict[str, Thing]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    listed: set[Kind] = field(default_factory=set)
    denied: dict[Kind, ClusterError] = field(default_factory=dict)
    lost: dict[Kind, ClusterError] = field(default_factory=dict)
    katib: str = ""
    _deleted: set[str] = field(default_factory=set)

    def apply(self, change: Change) -> bool:
        """Apply a change; False if it says nothing new."""
        if change.error is not None:
            (self.denied if change.type == "DENIED" else self.lost)[change.kind] = change.error
            return True
        recovered = self.lost.pop(change.kind, None) is not None
        if change.kind is PODS and not self.katib:
            self.katib = resources.collectors_tag(change.objects)  # Katib soon deletes good trials' pods
        if change.type == "LISTED":
            first = change.kind not in self.listed
            self.listed.add(change.kind)
            return self._replace(change) or first or recovered
        return self._update(change) or recovered

    def provenance(self, experiment: Experiment) -> Provenance:
        """What the cluster says of the search beyond its trials."""
        seed = experiment.algorithm.settings.get("random_state", "")
        return Provenance(seed=seed, versions={"Katib": self.katib} if self.katib else {})

    @property
    def experiment(self) -> Thing | None:
        """The Experiment, None if it is gone or another one has its name."""
        found = self.objects[EXPERIMENTS].get(self.name)
        return found if found and found["metadata"]["uid"] == self.uid else None

    @property
    def suggestion(self) -> Thing | None:
        """The Suggestion, which has the Experiment's name."""
        return self.objects[SUGGESTIONS].get(self.name)

    @property
    def service(self) -> str:
        """The suggestion service's name, which its Deployment and the names of its pods share."""
        return f"{self.name}-{self.algorithm}"

    @property
    def algorithm(self) -> str:
        """The algorithm's name, empty before there is a Suggestion."""
        spec = (self.suggestion or {}).get("spec", {})
        return str(spec.get("algorithm", {}).get("algorithmName", ""))

    @property
    def trials(self) -> list[Thing]:
        """The Trials in the order in which they were suggested; timestamps have whole seconds only."""
        asked = resources.status(self.suggestion or {}).get("suggestions") or ()
        rank = {item.get("name"): index for index, item in enumerate(asked)}

        def place(trial: Thing) -> tuple[int, str, str]:
            name, created = resources.name(trial), trial["metadata"].get("creationTimestamp")
            return rank.get(name, len(rank)), str(created or ""), name

        return sorted(self.objects[TRIALS].values(), key=place)

    @property
    def trial_names(self) -> frozenset[str]:
        """The names of the Trials, unordered."""
        return frozenset(self.objects[TRIALS])

    @property
    def active(self) -> list[str]:
        """The names of the Trials that have not completed, in the order in which they were suggested."""
        return [resources.name(each) for each in self.trials if resources.is_active(each)]

    @property
    def completed(self) -> int:
        """How many Trials have completed."""
        return sum(not resources.is_active(each) for each in self.objects[TRIALS].values())

    @property
    def pods(self) -> list[Thing]:
        """The pods of trials and of the suggestion service."""
        return list(self.objects[PODS].values())

    def pods_of(self, trial: str | None) -> list[Thing]:
        """The pods of one trial; with None those of the suggestion service, which belong to no trial."""
        return [pod for pod in self.pods if pod["metadata"]["labels"].get(resources.TRIAL_LABEL) == trial]

    def _replace(self, change: Change) -> bool:
        old = self.objects[change.kind]
        new = {resources.name(each): each for each in change.objects if not self._was_deleted(each)}
        kept = {name: each for name, each in old.items() if name not in new and _is_result(change.kind, each)}
        # A list can come from an API server that is behind; what we know to be newer stays.
        newest = {name: old[name] if _older(each, old.get(name)) else each for name, each in new.items()}
        self.objects[change.kind] = {**kept, **newest}
        return old != self.objects[change.kind]

    def _update(self, change: Change) -> bool:
        known, (thing,) = self.objects[change.kind], change.objects
        name = resources.name(thing)
        if self._was_deleted(thing):
            return False
        if change.type == "DELETED":
            self._deleted.add(thing["metadata"]["uid"])
            if _is_result(change.kind, thing):
                known[name] = thing
                return False
            return known.pop(name, None) is not None
        if _older(thing, known.get(name)):
            return False
        known[name] = thing
        return True

    def _was_deleted(self, thing: Thing) -> bool:
        """Whether this very object was deleted: late news of it must not bring it back."""
        return thing["metadata"]["uid"] in self._deleted


def _is_result(kind: Kind, thing: Thing) -> bool:
    """Whether an object counts although it was deleted: a completed trial is a result, whoever removes it."""
    return kind is TRIALS and not resources.is_active(thing)


def _older(thing: Thing, known: Thing | None) -> bool:
    """Whether an object is no newer than what is known of it.

    Versions are etcd's revisions: numbers that grow (Kubernetes promises it since 1.35). If one is not
    a number, the later arrival counts as newer.
    """
    if known is None or thing["metadata"].get("uid") != known["metadata"].get("uid"):
        return False
    versions = [each["metadata"].get("resourceVersion", "") for each in (thing, known)]
    return all(version.isdecimal() for version in versions) and int(versions[0]) <= int(versions[1])

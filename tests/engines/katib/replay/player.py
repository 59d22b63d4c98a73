# SPDX-License-Identifier: Apache-2.0
"""Plays a recording: what a real Katib wrote happens again in the store, with shorter pauses."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from kfp_katib.engines.katib.api.resources import as_written
from kfp_katib.experiment import Experiment, load
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.server import Api
from tests.engines.katib.replay.store import Thing

LONGEST_GAP = 0.01


@dataclass(slots=True)
class Player:
    """Begins when the recorded Experiment is created, and waits where it was patched until it is again.

    `join` waits for the recording's end.
    """

    recording: Recording
    api: Api
    longest_gap: float = LONGEST_GAP
    _thread: threading.Thread | None = None
    _labels: dict[str, str] = field(default_factory=dict)

    def start(self, created: Thing) -> Thing:
        """Take over the identity that the recording knows, and begin."""
        stored: Thing = self.recording.timeline[0][3]
        self._labels = _labels(created)
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()
        return {**created, "metadata": {**created["metadata"], "uid": stored["metadata"]["uid"]}}

    def join(self) -> None:
        """Wait until all has happened."""
        if self._thread:
            self._thread.join()

    def _play(self) -> None:
        while self.api.store.get("experiments", self.recording.manifest["metadata"]["name"]) is None:
            time.sleep(0.001)
        before = 0.0
        for at, kind, what, thing in self.recording.timeline[1:]:
            if what == "PATCHED":
                self._await_patch()
            time.sleep(min(max(0.0, at - before), self.longest_gap))
            before = at
            self._happen(kind, what, thing)

    def _await_patch(self) -> None:
        """Wait until the Experiment has another label: that of the manifest which was asked for last."""
        name = name_of(self.recording)
        while (stored := self.api.store.get("experiments", name)) and self._labels == _labels(stored):
            time.sleep(0.02)  # for ever, where the patch is refused
        self._labels = _labels(stored) if stored else {}

    def _happen(self, kind: str, what: str, thing: Thing) -> None:
        name = thing["metadata"]["name"]
        if what == "DELETED":
            self.api.store.remove(kind, name)
        else:
            if kind == "experiments":  # the spec's hash is that of the manifest that we sent
                stored = self.api.store.get(kind, name)
                if stored is None:
                    return  # somebody has deleted it: Katib writes no status any more
                sent = {"trialTemplate": stored["spec"]["trialTemplate"]}
                metadata = {**thing["metadata"], "labels": self._labels}
                thing = {**thing, "metadata": metadata, "spec": {**thing["spec"], **sent}}
            self.api.store.put(kind, thing)


def _labels(thing: Thing) -> dict[str, str]:
    labels: dict[str, str] = thing["metadata"]["labels"]
    return labels


def api_of(recording: Recording) -> tuple[Api, Player]:
    """A server that plays a recording once its Experiment is created."""
    api = Api(logs=dict(recording.logs))
    for event in recording.events:
        api.store.put("events", event)
    player = Player(recording, api)
    api.on_create = player.start
    return api, player


def experiment_of(recording: Recording) -> Experiment:
    """The Experiment that was recorded, as its author wrote it: without what the cluster added."""
    return load(as_written(recording.manifest))


def name_of(recorded: Recording) -> str:
    """The recorded Experiment's name."""
    return str(recorded.manifest["metadata"]["name"])

# SPDX-License-Identifier: Apache-2.0
"""What goes wrong between a client and an API server, drawn from a seed and counted."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.engines.katib.replay.store import Event

REQUEST_FAULTS = ("429", "500", "503", "reset", "slow")
WATCH_FAULTS = ("gone", "busy", "half", "repeated", "stale")


@dataclass(slots=True)
class Faults:
    """Faults with a probability per request and per event; `injected` counts them by kind."""

    seed: int
    probability: float
    injected: Counter[str] = field(default_factory=Counter)
    _random: random.Random = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def before(self, method: str, kind: str) -> str:
        """What happens to a request instead of, or before, its being served; empty for nothing."""
        return self._draw(REQUEST_FAULTS)

    def cut(self, method: str) -> bool:
        """Whether an answer breaks off in its middle: the request was served, and the client cannot know."""
        return bool(self._draw(("answer cut",)))

    def around(self, event: Event, history: Sequence[Event]) -> Iterator[Event]:
        """An event as a watch tells it: as it is, twice, after an old one, half, or an error instead."""
        fault = self._draw(WATCH_FAULTS)
        if fault == "gone":
            yield _error(event, 410, "Expired")
        elif fault == "busy":
            yield _error(event, 500, "InternalError")
        elif fault == "half":
            yield Event(event.version, event.kind, "HALF", event.thing)
        elif fault == "stale":
            yield event
            same = [each for each in history if each.kind == event.kind and each.version < event.version]
            yield self._random.choice(same or [event])
        elif fault == "repeated":
            yield event
            yield event
        else:
            yield event

    def _draw(self, kinds: Sequence[str]) -> str:
        with self._lock:
            if self._random.random() >= self.probability:
                return ""
            kind = self._random.choice(list(kinds))
            self.injected[kind] += 1
            return kind


def _error(event: Event, code: int, reason: str) -> Event:
    thing = {"kind": "Status", "code": code, "reason": reason, "message": reason}
    return Event(event.version, event.kind, "ERROR", thing)

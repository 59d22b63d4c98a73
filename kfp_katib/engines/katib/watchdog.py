# SPDX-License-Identifier: Apache-2.0
"""From signs to alarms: which have lasted long enough to be said, and for how long nothing has worked.

Time comes in from outside, so that years pass in a test within microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kfp_katib.engines.katib.stall import GRACE_SECONDS, Sign

FLICKER_SECONDS = 30.0
"""A sign that is away for less is still there: a crashing container runs for moments between."""


@dataclass(slots=True)
class Watchdog:
    """What was seen, since when and until when, in seconds of any clock that only goes forward."""

    _first: dict[tuple[str, str, int], float] = field(default_factory=dict)
    _last: dict[tuple[str, str, int], float] = field(default_factory=dict)
    _said: set[tuple[str, str, int]] = field(default_factory=set)
    _idle_since: float | None = None
    _working_since: float | None = None
    _looked: float | None = None

    def look(self, found: Sequence[Sign], *, working: bool, now: float) -> list[Sign]:
        """Take the present signs in; gives those that have lasted long enough to mean something.

        For as long as the API server does not answer, no time passes for any other sign.
        """
        if any(sign.cause == "unreachable" for sign in found):
            self._stand_still(now)
        self._looked = now
        for sign in found:
            self._first.setdefault(sign.key, now)
            self._last[sign.key] = now
        for key in [key for key, last in self._last.items() if now - last > FLICKER_SECONDS]:
            del self._first[key], self._last[key]
            self._said.discard(key)
        lasting = [sign for sign in found if now - self._first[sign.key] >= GRACE_SECONDS[sign.cause]]
        self._count_idleness(lasting, working=working, now=now)
        return lasting

    def _stand_still(self, now: float) -> None:
        passed = 0.0 if self._looked is None else now - self._looked
        for times in (self._first, self._last):
            times.update({key: at + passed for key, at in times.items() if key[0] != "unreachable"})

    def has_unsaid(self, lasting: Sequence[Sign]) -> bool:
        """Whether there is one among them that nobody has been told of."""
        return any(sign.key not in self._said for sign in lasting)

    def unsaid(self, lasting: Sequence[Sign]) -> list[Sign]:
        """Of those, the ones that nobody has been told of; they count as told from now on."""
        new = {sign.key: sign for sign in lasting if sign.key not in self._said}
        self._said.update(new)
        return list(new.values())

    def idle_seconds(self, now: float) -> float:
        """For how long something has blocked while no trial was computed."""
        return 0.0 if self._idle_since is None else now - self._idle_since

    def progress(self) -> None:
        """A trial has completed: whatever blocked, it did not block everything."""
        self._idle_since = None

    def _count_idleness(self, lasting: Sequence[Sign], *, working: bool, now: float) -> None:
        if not working:
            self._working_since = None
            if lasting and self._idle_since is None:
                self._idle_since = min(self._first[sign.key] for sign in lasting)
            return
        self._working_since = now if self._working_since is None else self._working_since
        if now - self._working_since > FLICKER_SECONDS:
            self._idle_since = None

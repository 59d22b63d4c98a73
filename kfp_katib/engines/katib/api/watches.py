# SPDX-License-Identifier: Apache-2.0
"""One thread for each kind of object: list it, then follow it, for as long as the search lasts.

A watch ends for many reasons, and each of them is handled: its time is up, the connection breaks
(resume from the last version), the version is too old (410: list again), the server is busy (wait).
Bookmarks, which the API server sends about once a minute, tell a quiet server from one that vanished:
without any line for much longer than that, the connection counts as dead.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import urllib3

from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import Kind
from kfp_katib.errors import ClusterError

logger = logging.getLogger(__name__)

WATCH_SECONDS = 3000
SILENCE_SECONDS = 180.0
FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one kind: everything at once (`LISTED`), one object, or that the server does not answer.

    `DENIED` ends the watch: we have no right to it, or this cluster has no such kind.
    """

    kind: Kind
    type: Literal["LISTED", "ADDED", "MODIFIED", "DELETED", "LOST", "DENIED"]
    objects: tuple[dict[str, Any], ...] = ()
    error: ClusterError | None = None


@dataclass(slots=True)
class Watch:
    """The watch of one kind, running in a thread of its own from `start` to `stop`."""

    cluster: Cluster
    kind: Kind
    selector: Mapping[str, str]
    inbox: queue.SimpleQueue[Change]
    _version: str = ""
    _heard: bool = False
    _stopped: threading.Event = field(default_factory=threading.Event)
    _response: urllib3.HTTPResponse | None = None

    def start(self) -> None:
        """Begin to list and follow."""
        threading.Thread(target=self._run, name=f"watch-{self.kind.plural}", daemon=True).start()

    def stop(self) -> None:
        """End the watch, even while it waits for the server's next line."""
        self._stopped.set()
        if (response := self._response) is not None:
            with suppress(OSError, RuntimeError, ValueError):
                response.shutdown()  # close() would wait for the reading thread

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopped.is_set():
            self._heard = False
            try:
                if not self._version:
                    self._list()
                self._follow()
            except ClusterError as error:
                if not self._survives(error):
                    return
            pause = FIRST_PAUSE_SECONDS if self._heard else min(2 * pause, _LONGEST_PAUSE)
            self._stopped.wait(pause)

    def _survives(self, error: ClusterError) -> bool:
        """Whether to continue after an error: always, unless asking again cannot help."""
        if self._stopped.is_set():
            return False
        if error.status == 410:
            logger.debug("the watch of %s is too old: listing again", self.kind.plural)
            self._version = ""
            return True
        gone = error.status in (403, 404)
        self.inbox.put(Change(self.kind, "DENIED" if gone else "LOST", error=error))
        return not gone

    def _list(self) -> None:
        objects, self._version = self.cluster.list(self.kind, **self.selector)
        self.inbox.put(Change(self.kind, "LISTED", tuple(slim(each) for each in objects)))

    def _follow(self) -> None:
        """Read one watch to its end."""
        query = {
            **self.selector,
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        response = self.cluster.stream(self.kind, query, read_seconds=SILENCE_SECONDS)
        self._response = response
        try:
            for line in response:
                if self._stopped.is_set():
                    return
                self._hear(json.loads(line))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise ClusterError(f"the watch of {self.kind.plural} broke: {error}") from error
        finally:
            self._response = None
            response.close()

    def _hear(self, event: Mapping[str, Any]) -> None:
        thing = event["object"]
        if event["type"] == "ERROR":
            raise ClusterError(
                f"the watch of {self.kind.plural} ended: {thing.get('message')}",
                status=thing.get("code", 0),
                reason=thing.get("reason", ""),
            )
        self._heard = True
        self._version = thing["metadata"]["resourceVersion"]
        if event["type"] != "BOOKMARK":
            self.inbox.put(Change(self.kind, event["type"], (slim(thing),)))


def slim(thing: dict[str, Any]) -> dict[str, Any]:
    """An object without the fields that nothing here reads, so that thousands of trials fit into memory."""
    thing["metadata"].pop("managedFields", None)
    if thing.get("kind") == "Trial":
        thing.get("spec", {}).pop("runSpec", None)
    return thing

# SPDX-License-Identifier: Apache-2.0
"""A small Kubernetes API server in memory: list, watch, create, delete, logs, and faults on demand."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.engines.katib.replay.faults import Faults
from tests.engines.katib.replay.store import Event, Store, Thing, not_found, page, selector, status
from tests.support.loopback import listening

BOOKMARK_SECONDS = 0.5


@dataclass(slots=True)
class Api:
    """What the server serves, and what it was asked.

    Attributes:
        store: The objects.
        logs: By pod.
        faults: What goes wrong on the way.
        on_create: Called with every Experiment that is created.
        refuse: The status and message of a creation, by kind, or of a `PATCH`, where a webhook is to say no.
        rules: The answer to an access review.
        forbidden: The kinds that are answered with 403.
        broken: The kinds that are answered with 500.
        closed: The namespaces in which everything is answered with 403.
        apart: Whether an object is seen in its own namespace alone; recordings keep that of their making.
        undeletable: Whether deletions are answered with 403.
        ahead_seconds: How far the server's clock is ahead.
        expired: Whether the next watch that has something to tell is told 410 instead.
        asked: How many requests there were, by method and kind.
    """

    store: Store = field(default_factory=Store)
    logs: dict[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=lambda: Faults(seed=0, probability=0))
    on_create: Callable[[Thing], Thing] | None = None
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    rules: dict[str, Any] = field(
        default_factory=lambda: {
            "incomplete": False,
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
        }
    )
    forbidden: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    apart: bool = False
    undeletable: bool = False
    ahead_seconds: float = 0.0
    expired: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    created: list[str] = field(default_factory=list)

    def create(self, kind: str, thing: Thing, *, dry_run: bool) -> tuple[int, Thing]:
        """Store a new object, as the API server would after all webhooks."""
        if kind in self.refuse:
            return self.refuse[kind][0], status(*self.refuse[kind])
        name = thing["metadata"]["name"]
        if self.store.get(kind, name):
            return 409, status(409, f'{kind} "{name}" already exists', "AlreadyExists")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        thing["metadata"] = {"uid": str(uuid.uuid4()), "creationTimestamp": now, **thing["metadata"]}
        if dry_run:
            return 201, thing
        if self.on_create:
            thing = self.on_create(thing)
        if self.store.get(kind, name):  # somebody was quicker
            return 409, status(409, f'{kind} "{name}" already exists', "AlreadyExists")
        self.created.append(name)
        return 201, self.store.put(kind, thing)

    def patch(self, kind: str, name: str, change: Thing) -> tuple[int, Thing]:
        """Merge a change into an object, unless Katib's webhook is to say no."""
        if "PATCH" in self.refuse:
            return self.refuse["PATCH"][0], status(*self.refuse["PATCH"])
        made = self.store.merge(kind, name, change)
        return (200, made) if made else (409, status(409, f"{name} is another object", "Conflict"))


Serve = Callable[[Api], None]
"""What the fixture `serve` gives: a call makes the server the cluster of the test."""


@contextmanager
def serving(api: Api) -> Iterator[str]:
    """Serve until the block is left; gives the server's address."""
    handler = type("Handler", (_Handler,), {"api": api})
    with listening(_Server(("127.0.0.1", 0), handler)) as port:
        yield f"http://127.0.0.1:{port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle is part of the tests."""


class _Cut(Exception):
    """The connection breaks here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    api: ClassVar[Api]

    def _serve(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(address.query).items()}
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        parts = address.path.strip("/").split("/")
        namespace, kind, *rest = (
            parts[parts.index("namespaces") + 1 :] if "namespaces" in parts else ("", parts[-1])
        )
        watch = " watch" if query.get("watch") else ""
        self.api.asked[f"{self.command} {kind}{watch}"] += 1
        try:
            self._disturb(kind)
            undeletable = self.api.undeletable and self.command == "DELETE"
            if kind in self.api.forbidden or namespace in self.api.closed or undeletable:
                self._answer(403, status(403, f"{kind} is forbidden", "Forbidden"))
            elif kind in self.api.broken:
                self._answer(500, status(500, "broken"))
            elif self.api.apart and rest and not self._is_in(namespace, kind, rest[0]):
                self._answer(*not_found(kind, rest[0]))
            elif watch:
                self._watch(kind, query)
            else:
                self._answer(*self._respond(namespace, kind, rest, query, body))
        except _Cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_DELETE = do_PATCH = _serve  # noqa: N815

    def _is_in(self, namespace: str, kind: str, name: str) -> bool:
        found = self.api.store.get(kind, name)
        return found is not None and found["metadata"].get("namespace") == namespace

    def _respond(
        self, namespace: str, kind: str, rest: list[str], query: dict[str, str], body: Thing
    ) -> tuple[int, Any]:
        store = self.api.store
        if kind == "selfsubjectrulesreviews":
            return 201, {"status": self.api.rules}
        if self.command == "POST":
            return self.api.create(kind, body, dry_run="dryRun" in query)
        if self.command == "PATCH":
            return self.api.patch(kind, rest[0], body)
        if self.command == "DELETE":
            gone = store.remove(kind, rest[0])
            return (200, status(200, "deleted")) if gone else not_found(kind, rest[0])
        if rest[1:] == ["log"]:
            return (200, self.api.logs[rest[0]]) if rest[0] in self.api.logs else not_found(kind, rest[0])
        if rest:
            found = store.get(kind, rest[0])
            return (200, found) if found else not_found(kind, rest[0])
        things, version = store.choose(kind, selector(query))
        things = [each for each in things if not self.api.apart or each["metadata"]["namespace"] == namespace]
        items, following = page(things, query)
        return 200, {"items": items, "metadata": {"resourceVersion": str(version), "continue": following}}

    def _watch(self, kind: str, query: dict[str, str]) -> None:
        version, chosen = int(query["resourceVersion"]), selector(query)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.monotonic() + float(query.get("timeoutSeconds", 60))
        while time.monotonic() < end:
            events, version = self.api.store.since(kind, version, BOOKMARK_SECONDS)
            if events and self.api.expired:
                self.api.expired = False
                self._line({"type": "ERROR", "object": status(410, "too old resource version", "Expired")})
                break
            for event in events:
                for what in self.api.faults.around(event, self.api.store.history):
                    self._tell(what, chosen(what.thing))
            self._line({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}})
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _tell(self, event: Event, chosen: bool) -> None:
        if event.type == "ERROR":
            self._line({"type": "ERROR", "object": event.thing})
            raise _Cut
        line = json.dumps({"type": event.type, "object": event.thing})
        if event.type == "HALF":
            self._chunk(line[: len(line) // 2].encode())
            raise _Cut
        if chosen:
            self._chunk(line.encode() + b"\n")

    def _line(self, document: Any) -> None:
        self._chunk(json.dumps(document).encode() + b"\n")

    def _chunk(self, text: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
        self.wfile.flush()

    def _disturb(self, kind: str) -> None:
        """Let something go wrong before the request is served, where it is its turn."""
        fault = self.api.faults.before(self.command, kind)
        if fault == "reset":
            raise _Cut
        if fault == "slow":
            time.sleep(0.05)
        if fault in ("409", "429", "500", "503"):
            self._answer(int(fault), status(int(fault), "try again"))
            raise _Cut

    def _answer(self, status: int, document: Any) -> None:
        text = (document if isinstance(document, str) else json.dumps(document)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        cut = self.api.faults.cut(self.command)
        self.wfile.write(text[: len(text) // 2] if cut else text)
        self.wfile.flush()
        if cut:
            raise _Cut

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The server's time."""
        return super().date_time_string(time.time() + self.api.ahead_seconds)

    def log_message(self, *message: object) -> None:
        """Nothing on the terminal."""

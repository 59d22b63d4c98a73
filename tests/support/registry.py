# SPDX-License-Identifier: Apache-2.0
"""A Model Registry on loopback, with the faults that a test asks for: its own server is in no package."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.loopback import listening
from tests.support.registry_contents import Answer, Asked, Contents

Fault = Callable[[int], Answer | None]


class Dropped(Exception):
    """Raised by a fault: the connection is closed without an answer."""


def none(_: int) -> None:
    """No fault."""


@dataclass
class Registry(Contents):
    """A registry that can be asked, and how it is to behave.

    Attributes:
        url: Its address.
        before: Called with each request's number, from 1, before it is seen to; an Answer that it returns is
            given instead.
        after: The same once the request has been seen to.
        asked: Every request.
    """

    url: str = ""
    before: Fault = none
    after: Fault = none
    asked: list[Asked] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def writes(self) -> list[str]:
        """The requests that create or change something."""
        return [asked.path.rpartition("/")[2] for asked in self.asked if asked.method != "GET"]

    def answer(self, asked: Asked) -> Answer:
        """See to one request."""
        with self.lock:
            self.asked.append(asked)
            number = len(self.asked)
            if fault := self.before(number):
                return fault
            found = self.see_to(asked)
            return self.after(number) or found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, else the client waits 40 ms for the second

    def __init__(self, registry: Registry, *arguments: Any) -> None:
        self.registry = registry
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Answer any request."""
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        asked = Asked(self.command, parts.path, query, body, dict(self.headers))
        try:
            answer = self.registry.answer(asked)
        except Dropped:
            self.close_connection = True
            return
        content = answer.content if isinstance(answer.content, str) else json.dumps(answer.content)
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(content.encode())), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def registry_server(tls: ssl.SSLContext | None = None) -> Iterator[Registry]:
    """A registry on a port of its own."""
    registry = Registry()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, registry))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with listening(server) as port:
        registry.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        yield registry


@pytest.fixture
def registry() -> Iterator[Registry]:
    """An empty registry."""
    with registry_server() as there:
        yield there

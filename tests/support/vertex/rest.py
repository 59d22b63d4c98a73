# SPDX-License-Identifier: Apache-2.0
"""JobService by REST, over TLS, and the place where a service account gets its tokens."""

from __future__ import annotations

import json
import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.certificates import Certificates
from tests.support.vertex.request import HTTP, Json, RequestRefused
from tests.support.vertex.tuning_jobs import COLLECTION, TuningJobs

RESET = 0
"""As a fault: the connection is reset instead of an answer."""


@dataclass
class Rest:
    """What both servers know.

    Attributes:
        jobs: The tuning jobs.
        token: What a caller must show.
        faults: How the next requests fail: an HTTP status each, or RESET.
        token_faults: The same for requests for a token.
        models: The models that were uploaded.
    """

    jobs: TuningJobs
    token: str = "of-the-tests"
    faults: deque[int] = field(default_factory=deque)
    token_faults: deque[int] = field(default_factory=deque)
    models: list[Json] = field(default_factory=list)

    def answer(self, method: str, target: str, body: Json) -> Json:
        """Do what a request to the API asks for.

        Raises:
            RequestRefused: It cannot be done.
        """
        address = urlsplit(target)
        name, _, verb = address.path.removeprefix("/v1/").partition(":")
        parent, _, last = name.rpartition("/")
        query = dict(parse_qsl(address.query))
        if method == "POST" and verb == "cancel":
            return self.jobs.cancel(name)
        if method == "POST" and verb == "upload":
            return self._upload(name, body)
        if method == "POST" and last == COLLECTION:
            return self.jobs.create(parent, body)
        if method == "GET" and last == COLLECTION:
            size = int(query.get("pageSize", 0))
            return self.jobs.list(parent, query.get("filter", ""), size, query.get("pageToken", ""))
        if method == "GET":
            return self.jobs.get(name)
        raise RequestRefused("NOT_FOUND", f"{method} {target} is not there.")

    def _upload(self, name: str, body: Json) -> Json:
        """Keep a model, and tell of it as an operation that is done.

        https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models/upload
        """
        self.models.append(body["model"])
        number = len(self.models)
        response = {"model": f"{name}/{number}", "modelVersionId": "1"}
        parent = name.removesuffix("/models")
        return {"name": f"{parent}/operations/{number}", "done": True, "response": response}


class Api(BaseHTTPRequestHandler):
    """One request to the API."""

    rest: Rest

    def do_GET(self) -> None:
        """Answer."""
        self._serve()

    def do_POST(self) -> None:
        """Answer."""
        self._serve()

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if faults := self.faults():
            self._fail(faults.popleft())
            return
        try:
            self._send(200, self.result(json.loads(body) if body and self.is_json() else {}))
        except RequestRefused as refused:
            self._send_error(HTTP[refused.status], str(refused), refused.status)

    def faults(self) -> deque[int]:
        """The faults that are still to come."""
        return self.rest.faults

    def is_json(self) -> bool:
        """Whether the body is JSON; a request for a token is a form."""
        return "json" in self.headers.get("Content-Type", "")

    def result(self, body: Json) -> Json:
        """What the request gives."""
        if self.headers.get("Authorization") != f"Bearer {self.rest.token}":
            raise RequestRefused("UNAUTHENTICATED", "The request has no valid credentials.")
        return self.rest.answer(self.command, self.path, body)

    def _fail(self, status: int) -> None:
        if status == RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        else:
            self._send_error(status, "as the test asked for", "UNKNOWN")

    def _send_error(self, code: int, message: str, status: str) -> None:
        self._send(code, {"error": {"code": code, "message": message, "status": status}})

    def _send(self, code: int, document: Json) -> None:
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code // 100 == 3:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


class Tokens(Api):
    """One request for a token (https://developers.google.com/identity/protocols/oauth2/service-account)."""

    def faults(self) -> deque[int]:
        """The faults that are still to come."""
        return self.rest.token_faults

    def result(self, body: Json) -> Json:
        """A token."""
        self.rest.jobs.called("token")
        return {"access_token": self.rest.token, "expires_in": 3600, "token_type": "Bearer"}


def api_server(rest: Rest, certificates: Certificates) -> ThreadingHTTPServer:
    """The API's server, over TLS."""
    server = _server(Api, rest)
    server.socket = certificates.tls().wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    return server


def token_server(rest: Rest) -> ThreadingHTTPServer:
    """The server of tokens, which needs no TLS on loopback."""
    return _server(Tokens, rest)


def _server(handler: type[Api], rest: Rest) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", 0), type(handler.__name__, (handler,), {"rest": rest}))

# SPDX-License-Identifier: Apache-2.0
"""A proxy before the API server that counts and keeps what passes, every byte as the server wrote it."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import kubernetes
import urllib3
import yaml

from tests.support.loopback import listening


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; `lines` has the answer's lines, each with the time at which it passed."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int
    lines: list[tuple[float, bytes]] = field(default_factory=list)

    def __str__(self) -> str:
        watch = " (watch)" if "watch" in self.query else ""
        return f"{self.method} {self.path}{watch}"


@dataclass(slots=True)
class Traffic:
    """What has passed so far."""

    exchanges: list[Exchange] = field(default_factory=list)

    def count(self) -> Counter[str]:
        """How many requests there were, by method and address."""
        return Counter(str(exchange) for exchange in self.exchanges)


@contextmanager
def proxied(
    folder: Path, namespace: str, *, instead: Callable[[str], Any] = lambda path: None
) -> Iterator[tuple[Path, Traffic]]:
    """A kubeconfig whose server is a proxy of the present one, and its traffic.

    Args:
        folder: Where the kubeconfig goes.
        namespace: That of its context.
        instead: What is answered at an address in the server's place; None where the server is asked.
    """
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(client_configuration=configuration)
    traffic = Traffic()
    api = kubernetes.client.ApiClient(configuration)
    handler = type("Handler", (_Handler,), {"api": api, "traffic": traffic, "instead": staticmethod(instead)})
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as port:
        yield write_kubeconfig(folder, f"http://127.0.0.1:{port}", namespace), traffic


def write_kubeconfig(folder: Path, address: str, namespace: str) -> Path:
    """A kubeconfig for a server without credentials."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": address}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [
            {"name": "test", "context": {"cluster": "test", "user": "test", "namespace": namespace}}
        ],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ClassVar[Any]
    traffic: ClassVar[Traffic]
    instead: ClassVar[staticmethod[[str], Any]]

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self._made_up() or self._ask(body)
        address = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(address.query).items()}
        exchange = Exchange(self.command, address.path, query, answer.status)
        self.traffic.exchanges.append(exchange)
        self.send_response_only(answer.status)  # the Date is the server's
        for name in ("Content-Type", "Date", "Retry-After"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for line in answer:
                exchange.lines.append((time.time(), line))
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except (OSError, urllib3.exceptions.HTTPError):
            self.close_connection = True
        finally:
            answer.close()

    do_GET = do_POST = do_DELETE = do_PATCH = _pass  # noqa: N815

    def _made_up(self) -> urllib3.HTTPResponse | None:
        document = self.instead(urlsplit(self.path).path)
        if document is None:
            return None
        text, headers = json.dumps(document).encode(), {"Content-Type": "application/json"}
        return urllib3.HTTPResponse(io.BytesIO(text), headers, status=200, preload_content=False)

    def _ask(self, body: bytes) -> urllib3.HTTPResponse:
        headers = {name: self.headers[name] for name in ("Accept", "Content-Type") if name in self.headers}
        self.api.update_params_for_auth(headers, [], ["BearerToken"])
        answer: urllib3.HTTPResponse = self.api.rest_client.pool_manager.request(
            self.command,
            self.api.configuration.host + self.path,
            body=body or None,
            headers=headers,
            preload_content=False,
            timeout=urllib3.Timeout(connect=5, read=600),
            retries=False,
        )
        return answer

    def log_message(self, *message: object) -> None:
        """Nothing on the terminal."""


def objects(exchange: Exchange) -> list[tuple[float, str, dict[str, Any]]]:
    """What a list or a watch brought: time, type and object."""
    found = []
    for moment, line in exchange.lines:
        document = json.loads(line)
        if "items" in document:
            found += [(moment, "ADDED", item) for item in document["items"]]
        elif document.get("type") in ("ADDED", "MODIFIED", "DELETED"):
            found.append((moment, document["type"], document["object"]))
    return found

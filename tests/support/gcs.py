# SPDX-License-Identifier: Apache-2.0
"""A real server of Google Cloud Storage's API in this process, for every test that needs gs://."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import HTTPServer
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.support.gate import Gate
from tests.support.loopback import listening

REFUSED = b'{"error": {"code": 403, "message": "refused by the test"}}'


class _Server(HTTPServer):
    request_queue_size = 64  # a model's files come several at a time

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a client no longer wants the answer: gcsfs asks twice and takes the first."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def gcs_server(gate: Gate | None = None) -> Iterator[str]:
    """Give its address, on a port of its own, for STORAGE_EMULATOR_HOST; it holds nothing at first."""
    from gcp_storage_emulator.server import RequestHandler  # here, since most tests need no gs://
    from gcp_storage_emulator.storage import Storage

    before = gate or Gate()
    before.reset()

    class Stored(Storage):  # type: ignore[misc]
        def _object_path(self, bucket_name: str, file_name: str) -> str:
            """Where the content lies: as it is, the emulator takes `a//b`, `a/b` and `a/b/` for one."""
            return f"{bucket_name}/{quote(file_name, safe='')}"

        def _write_config_to_file(self) -> None:
            """Nothing: it would write down all that is there with each change, for a later process."""

    class Gated(RequestHandler):  # type: ignore[misc]
        def parse_request(self) -> bool:
            """Whether the emulator is to answer what was asked."""
            if not super().parse_request():
                return False
            if not before.refused(self.command):
                return True
            self.rfile.read(int(self.headers.get("Content-Length", 0)))  # or the client sees a reset
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(REFUSED)))
            self.end_headers()
            self.wfile.write(REFUSED)
            return False

    with listening(_Server(("127.0.0.1", 0), partial(Gated, Stored(use_memory_fs=True)))) as port:
        yield f"http://127.0.0.1:{port}"


def make_bucket(address: str, name: str = "") -> str:
    """An empty bucket on such a server, by default of a new name; return its URI."""
    named = name or f"models-{uuid.uuid4().hex}"
    asked = Request(
        f"{address}/storage/v1/b?project=tests",
        json.dumps({"name": named}).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(asked):
        return f"gs://{named}"


@pytest.fixture
def gcs_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket on such a server, found as every client of Google's finds an emulator."""
    with gcs_server() as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        yield make_bucket(address)

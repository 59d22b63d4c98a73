# SPDX-License-Identifier: Apache-2.0
"""A real S3 server in this process, for every test that needs object storage."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
"""Credentials as a step's secret would set them."""


@dataclass
class Gate:
    """Stands before a server, counts what would change something, and refuses what a test wants refused.

    Attributes:
        refuses: Whether the n-th change since `reset`, counted from 1, is refused.
        count: How many changes were asked for since then.
    """

    app: Callable[..., Iterable[bytes]] | None = None
    refuses: Callable[[int], bool] = bool
    count: int = 0
    lock: Lock = field(default_factory=Lock)

    def reset(self, refuses: Callable[[int], bool] = lambda _: False) -> None:
        """Count anew, and refuse what is asked from now on."""
        with self.lock:
            self.count, self.refuses = 0, refuses

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """One request."""
        with self.lock:
            self.count += environ["REQUEST_METHOD"] in ("PUT", "POST", "DELETE")
            refused = self.refuses(self.count)
        if refused:
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>AccessDenied</Code><Message>refused by the test</Message></Error>"]
        assert self.app is not None
        return self.app(environ, start_response)


@contextmanager
def s3_server(gate: Gate | None = None) -> Iterator[str]:
    """Give its address, on a port of its own; clients that remember it are forgotten at the end."""
    from moto.server import ThreadedMotoServer  # here, since most tests need no S3 and these take a second
    from s3fs import S3FileSystem

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    if gate:
        assert server._server is not None
        gate.reset()
        gate.app, server._server.app = server._server.app, gate
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket on such a server, found as a trial's pod would find it."""
    import boto3  # here, since most tests need no S3 and it takes a second

    with s3_server() as address:
        for variable, value in {**KEYS, "AWS_ENDPOINT_URL": address}.items():
            monkeypatch.setenv(variable, value)
        name = f"models-{uuid.uuid4().hex}"  # servers in one process share what they hold
        boto3.client("s3").create_bucket(Bucket=name)
        yield f"s3://{name}"

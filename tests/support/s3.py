# SPDX-License-Identifier: Apache-2.0
"""A real S3 server in this process, for every test that needs object storage."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.gate import Gate

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
"""Credentials as a step's secret would set them."""


@dataclass
class _Before:
    """Puts a gate before the server's application."""

    gate: Gate
    app: Callable[..., Iterable[bytes]]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """One request."""
        if self.gate.refused(environ["REQUEST_METHOD"]):
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>AccessDenied</Code><Message>refused by the test</Message></Error>"]
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
        server._server.app = _Before(gate, server._server.app)
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

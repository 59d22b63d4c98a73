# SPDX-License-Identifier: Apache-2.0
"""A real S3 server in this process, for every test that needs object storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
"""Credentials as a step's secret would set them."""


@contextmanager
def s3_server() -> Iterator[str]:
    """Give its address, on a port of its own; clients that remember it are forgotten at the end."""
    from moto.server import ThreadedMotoServer  # here, since most tests need no S3 and these take a second
    from s3fs import S3FileSystem

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    S3FileSystem.clear_instance_cache()
    server.stop()

# SPDX-License-Identifier: Apache-2.0
"""A real S3 server for the storage tests, and the two kinds of places that every store test runs on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.builders.model import write_model
from tests.support.gate import Gate
from tests.support.s3 import KEYS, s3_server

_GATE = Gate()


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """The address of an S3 server in this process, on a port of its own."""
    with s3_server(_GATE) as address:
        yield address


@pytest.fixture
def gate(s3_address: str) -> Iterator[Gate]:
    """What stands before that server."""
    _GATE.reset()
    yield _GATE
    _GATE.reset()


@pytest.fixture
def endpoint(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's address, with credentials in the environment as a step's secret would set them."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return s3_address


@pytest.fixture
def bucket(endpoint: str) -> str:
    """The URI of an empty bucket."""
    name = f"models-{uuid.uuid4().hex}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture(params=["folder", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty root for models: a plain folder, then a bucket."""
    if request.param == "folder":
        return str(tmp_path / "models")
    return f"{request.getfixturevalue('bucket')}/some/models"


@pytest.fixture
def three(root: str, endpoint: str, tmp_path: Path) -> str:
    """Three trials of the experiment `tune`, one of `tune-2`, a verified copy of `t1` in `copy`."""
    for name in ("tune/t1", "tune/t10", "tune/t2", "tune-2/t1"):
        write_model(f"{root}/{name}", {"w": name.encode(), "sub/w": b""}, endpoint)
    write_model(f"{tmp_path}/copy", {"w": b"tune/t1", "sub/w": b""})
    return root

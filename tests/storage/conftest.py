# SPDX-License-Identifier: Apache-2.0
"""Real servers of S3 and of Google Cloud Storage, and the kinds of places that every store test runs on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.builders.model import write_model
from tests.support.gate import Gate
from tests.support.gcs import gcs_server, make_bucket
from tests.support.s3 import KEYS, s3_server

_GATE = Gate()
"""Before both servers: each test asks one of them."""


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """The address of an S3 server in this process, on a port of its own."""
    with s3_server(_GATE) as address:
        yield address


@pytest.fixture(scope="session")
def gs_address() -> Iterator[str]:
    """The address of a server of Google Cloud Storage's API, likewise."""
    with gcs_server(_GATE) as address:
        yield address


@pytest.fixture
def gate() -> Iterator[Gate]:
    """What stands before those servers."""
    _GATE.reset()
    yield _GATE
    _GATE.reset()


@pytest.fixture
def endpoint(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The S3 server's address, with credentials in the environment as a step's secret would set them."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return s3_address


@pytest.fixture
def s3_bucket(endpoint: str) -> str:
    """The URI of an empty bucket of S3."""
    name = f"models-{uuid.uuid4().hex}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture
def gs_bucket(gs_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of an empty bucket of Google Cloud Storage, whose server is found by the environment."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gs_address)
    return make_bucket(gs_address)


@pytest.fixture(params=["s3", "gs"])
def bucket(request: pytest.FixtureRequest) -> str:
    """The URI of an empty bucket, in one store after the other."""
    return str(request.getfixturevalue(f"{request.param}_bucket"))


@pytest.fixture(params=["folder", "s3", "gs"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty root for models: a plain folder, then a bucket of each store."""
    if request.param == "folder":
        return str(tmp_path / "models")
    return f"{request.getfixturevalue(f'{request.param}_bucket')}/some/models"


@pytest.fixture
def three(root: str, endpoint: str, tmp_path: Path) -> str:
    """Three trials of the experiment `tune`, one of `tune-2`, a verified copy of `t1` in `copy`."""
    for name in ("tune/t1", "tune/t10", "tune/t2", "tune-2/t1"):
        write_model(f"{root}/{name}", {"w": name.encode(), "sub/w": b""}, endpoint)
    write_model(f"{tmp_path}/copy", {"w": b"tune/t1", "sub/w": b""})
    return root

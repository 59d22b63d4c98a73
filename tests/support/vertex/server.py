# SPDX-License-Identifier: Apache-2.0
"""All servers together, and the variables by which a client reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.certificates import certificates
from tests.support.loopback import listening
from tests.support.vertex.bucket import MOUNT, Bucket
from tests.support.vertex.rest import Rest, api_server, token_server
from tests.support.vertex.service_account import PROJECT, service_account
from tests.support.vertex.tuning_jobs import TuningJobs
from tests.support.vertex.tunnel import Tunnel

LOCATIONS = ("us-central1", "europe-west4")
HOSTS = [f"{location}-aiplatform.googleapis.com" for location in LOCATIONS]
PARENT = f"projects/{PROJECT}/locations/{LOCATIONS[0]}"
"""Where a tuning job is made if a test does not care where."""


@dataclass(frozen=True)
class Vertex:
    """The stand-in, while it runs.

    Attributes:
        jobs: The tuning jobs: what was called, what they are, how their trials are started.
        rest: How REST fails, if it is to fail.
        bucket: What a trial sees of Cloud Storage.
        environment: The variables by which a client reaches it.
    """

    jobs: TuningJobs
    rest: Rest
    bucket: Bucket
    environment: dict[str, str]


@contextmanager
def serve(folder: Path, *, bucket: str = "", rpc: bool = True, seed: int = 0) -> Iterator[Vertex]:
    """Serve until the end of the block; then no trial is left.

    Args:
        folder: An empty folder for the certificates, the trials and what they see of Cloud Storage.
        bucket: The `gs://` bucket that trials see, on the server that the environment names.
        rpc: Whether Google's launcher is served too. It needs the extra `vertex`, and takes seconds.
        seed: Of what is drawn at random.
    """
    made = certificates(folder, HOSTS)
    jobs = TuningJobs(folder / "trials", Bucket(folder / "gcs", bucket), seed)
    rest = Rest(jobs)
    with ExitStack() as stack:
        stack.callback(jobs.close)
        api = stack.enter_context(listening(api_server(rest, made)))
        tokens = stack.enter_context(listening(token_server(rest)))
        service_account(folder / "account.json", f"http://127.0.0.1:{tokens}/token")
        variables = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "account.json"),
            MOUNT: str(jobs.bucket.mount),
            "NO_GCE_CHECK": "true",  # google-auth would look for a machine of Google's around it
            "REQUESTS_CA_BUNDLE": str(made.authority),
            "https_proxy": _tunnel(stack, api),
            "no_proxy": "127.0.0.1,localhost",
        }
        if rpc:
            from tests.support.vertex.rpc import serve_rpc

            served = serve_rpc(jobs, made)
            stack.callback(lambda: served.server.stop(None).wait())
            variables |= {
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(made.authority),
                "grpc_proxy": _tunnel(stack, served.port),
            }
        yield Vertex(jobs, rest, jobs.bucket, variables)


def _tunnel(stack: ExitStack, port: int) -> str:
    """What goes into `https_proxy` or `grpc_proxy`."""
    return f"http://127.0.0.1:{stack.enter_context(listening(Tunnel(HOSTS, port)))}"


def reach(vertex: Vertex, patch: pytest.MonkeyPatch) -> None:
    """Have this process, and what it starts, take the stand-in for Vertex AI."""
    for name, value in vertex.environment.items():
        if name.islower():  # some clients prefer the other spelling
            patch.delenv(name.upper(), raising=False)
        patch.setenv(name, value)


@pytest.fixture
def vertex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vertex]:
    """The stand-in by REST alone, for this process and what it starts."""
    folder = tmp_path / "vertex"
    folder.mkdir()
    with serve(folder, rpc=False) as served:
        reach(served, monkeypatch)
        yield served

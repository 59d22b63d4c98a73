# SPDX-License-Identifier: Apache-2.0
"""A registry with a login, for the images that a user brings."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.images.docker import build, docker

NAME = "kfp-katib-test-registry:1"
TOKEN = "secret"
"""The only user's, in registry.Dockerfile."""
DOCKERFILE = Path(__file__).with_name("registry.Dockerfile")
STARTS_WITHIN_SECONDS = 30


@contextmanager
def registry() -> Iterator[str]:
    """Run Debian's registry; give its address, which Docker takes without TLS since it is this machine's."""
    build(DOCKERFILE, NAME)
    address = f"127.0.0.1:{_free_port()}"
    started = docker(
        *("run", "--detach", "--rm", "--network", "host", "--env", f"REGISTRY_HTTP_ADDR={address}", NAME)
    )
    assert started.returncode == 0, started.stderr
    try:
        _wait(f"http://{address}/v2/")
        yield address
    finally:
        docker("rm", "--force", "--volumes", started.stdout.strip())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str) -> None:
    """Until it answers that it wants to know who we are."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within {STARTS_WITHIN_SECONDS} s")

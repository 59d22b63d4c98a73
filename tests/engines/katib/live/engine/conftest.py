# SPDX-License-Identifier: Apache-2.0
"""What the tests of the cluster engine need beyond a namespace: a folder that trials and tests share."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import kubernetes
import pytest

from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.proxy import Traffic, proxied
from tests.engines.katib.live.katib import Katib


@pytest.fixture
def name() -> str:
    """A name for an Experiment that no other test has."""
    return f"engine-{secrets.token_hex(4)}"


@pytest.fixture
def namespace(katib: Katib) -> str:
    """Where the Experiments go."""
    return katib.namespace


@pytest.fixture(scope="session")
def versions() -> dict[str, str]:
    """Which programs a recording comes from; Katib does not tell its version, KATIB_VERSION does."""
    kubernetes.config.load_kube_config()
    served = kubernetes.client.VersionApi().get_code()
    return {"kubernetes": served.git_version, "katib": os.environ.get("KATIB_VERSION", "v0.19.0")}


@pytest.fixture
def traffic(katib: Katib, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traffic]:
    """What the test and the API server say to each other: a proxy stands between them."""
    with proxied(tmp_path, katib.namespace) as (kubeconfig, passed):
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        yield passed


@pytest.fixture
def kept(traffic: Traffic, versions: dict[str, str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compares the conditions that have passed with those of a recording; --record makes it anew before."""

    def keep(name: str) -> None:
        found = recording.record(traffic, versions)
        if request.config.getoption("--record"):
            recording.write(name, found)
        assert found.conditions() == recording.read(name).conditions()

    return keep

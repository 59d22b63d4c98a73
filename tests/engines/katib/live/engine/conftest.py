# SPDX-License-Identifier: Apache-2.0
"""What the tests of the cluster engine need beyond a namespace: a folder that trials and tests share."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import kubernetes
import pytest

from tests.engines.katib.live.katib import Katib


@pytest.fixture
def volume() -> Path:
    """A fresh folder that lies at the same path here and on the nodes.

    It stays: the trials of an Experiment that is being deleted may still write.
    """
    if "KFP_KATIB_TEST_VOLUME" not in os.environ:
        pytest.skip("needs KFP_KATIB_TEST_VOLUME, a folder that the nodes see under the same path")
    folder = Path(os.environ["KFP_KATIB_TEST_VOLUME"]) / f"test-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    return folder


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

# SPDX-License-Identifier: Apache-2.0
"""A cluster engine that talks to the replay server, and does not wait between its attempts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kfp_katib.engines.katib.api import client, watches
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.proxy import write_kubeconfig
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.server import Api, Serve, serving


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Make a server the cluster of this test's KUBECONFIG."""
    monkeypatch.setattr(client, "RETRIES", client.RETRIES.new(total=10, backoff_factor=0.001))
    monkeypatch.setattr(watches, "FIRST_PAUSE_SECONDS", 0.005)
    with ExitStack() as stack:

        def start(api: Api) -> None:
            address = stack.enter_context(serving(api))
            monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, address, "team")))

        yield start


@pytest.fixture(scope="module")
def unfinished() -> Recording:
    """A search that nothing is heard of any more once its second trial runs."""
    recorded = recording.read("budget")
    second = [at for at, kind, what, _ in recorded.timeline if (kind, what) == ("trials", "ADDED")][1]
    kept = [entry for entry in recorded.timeline if entry[0] <= second]
    return Recording(recorded.versions, recorded.manifest, kept, recorded.logs, recorded.events)

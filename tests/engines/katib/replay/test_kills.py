# SPDX-License-Identifier: Apache-2.0
"""A launcher that is killed, moved or terminated: what it leaves, and what its successor finds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kfp_katib.errors import Unfinished
from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.player import Player, api_of, experiment_of
from tests.engines.katib.replay.server import Api, Serve
from tests.engines.katib.running import run

LAUNCHER = [sys.executable, "-m", "tests.engines.katib.replay.launcher"]


@contextmanager
def launched(scenario: str) -> Iterator[subprocess.Popen[str]]:
    """A launcher that follows a recorded search, once it has heard of the first trial."""
    with subprocess.Popen([*LAUNCHER, scenario], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "update\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def in_a_pipeline(monkeypatch: pytest.MonkeyPatch) -> Callable[[Api, dict[str, Any]], None]:
    """Make the launcher's process one in a pod of a pipeline's Workflow."""

    def put(api: Api, spec: dict[str, Any]) -> None:
        monkeypatch.setenv("KFP_POD_NAME", "tune-launch")
        labels = {"workflows.argoproj.io/workflow": "tune"}
        own = {"namespace": "team", "labels": labels}
        api.store.put("pods", {"metadata": {"name": "tune-launch", "uid": "p", **own}})
        workflow = {"metadata": {"name": "tune", "namespace": "team", "uid": "w"}, "spec": spec, "status": {}}
        api.store.put("workflows", workflow)

    return put


def slow(scenario: str) -> tuple[Api, Player, str]:
    """A recorded search that takes its time, and its Experiment's name."""
    recorded = recording.read(scenario)
    api, player = api_of(recorded)
    player.longest_gap = 0.3
    return api, player, str(recorded.manifest["metadata"]["name"])


def test_a_terminated_run_takes_its_experiment_along(
    serve: Serve,
    in_a_pipeline: Callable[[Api, dict[str, Any]], None],
    record_property: Callable[[str, object], None],
) -> None:
    """Kubeflow Pipelines has set the Workflow's deadline to 0; python has 0.2 to 0.6 s left."""
    api, _, name = slow("budget")
    in_a_pipeline(api, {"activeDeadlineSeconds": 0})
    serve(api)
    with launched("budget") as process:
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        while api.store.get("experiments", name):
            assert time.monotonic() - start < 0.2
            time.sleep(0.002)
        record_property("seconds_to_delete", round(time.monotonic() - start, 3))
        assert process.wait(timeout=2) == -signal.SIGTERM


def test_a_terminated_run_takes_its_experiment_along_from_another_namespace(
    serve: Serve, in_a_pipeline: Callable[[Api, dict[str, Any]], None]
) -> None:
    """The pod and the Workflow are in the step's own, whatever the manifest names."""
    api, player, name = slow("budget")
    api.apart = True
    elsewhere = player.recording.manifest["metadata"]["namespace"]
    in_a_pipeline(api, {"activeDeadlineSeconds": 0})
    serve(api)
    assert elsewhere != "team"
    with launched("budget") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == -signal.SIGTERM
    assert api.store.get("experiments", name) is None


@pytest.mark.parametrize("spec", [{}, {"activeDeadlineSeconds": 86400}], ids=["no deadline", "a deadline"])
def test_a_moved_pod_leaves_its_experiment_to_the_next(
    spec: dict[str, Any], serve: Serve, in_a_pipeline: Callable[[Api, dict[str, Any]], None]
) -> None:
    """A node is drained: the run goes on, so the search must."""
    api, _, name = slow("budget")
    in_a_pipeline(api, spec)
    serve(api)
    with launched("budget") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=2) == -signal.SIGTERM
    assert api.store.get("experiments", name)
    assert api.asked["DELETE experiments"] == 0


def test_a_launcher_that_is_killed_again_and_again_starts_one_search(serve: Serve) -> None:
    """Whenever it is killed, its successor adopts; the last one has the whole Result."""
    api, player, name = slow("mixed failures")
    serve(api)
    for _ in range(4):
        with launched("mixed failures") as process:
            process.kill()
    player.join()
    last = subprocess.run([*LAUNCHER, "mixed failures"], capture_output=True, text=True, check=True)
    result = json.loads(last.stdout[last.stdout.index("{") :])
    assert api.created == [name]
    assert (result["state"], len(result["trials"]), result["best_value"]) == ("Succeeded", 3, 0.2)


def test_a_signal_handler_that_was_there_before_is_called_after_ours(
    serve: Serve, in_a_pipeline: Callable[[Api, dict[str, Any]], None]
) -> None:
    """Whoever calls the library may have plans of its own for SIGTERM."""
    api, _, name = slow("budget")
    in_a_pipeline(api, {"shutdown": "Terminate"})
    serve(api)
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    try:
        with pytest.raises(Unfinished, match="was deleted"):
            run(
                experiment_of(recording.read("budget")),
                on_update=lambda _: None if seen else signal.raise_signal(signal.SIGTERM),
            )
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]
    assert api.store.get("experiments", name) is None


def test_outside_of_a_pipeline_sigterm_stays_what_it_was(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the pod cannot be read, as in another namespace than the Experiment's."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    serve(api)
    monkeypatch.setenv("KFP_POD_NAME", "elsewhere")
    handlers = []
    before = signal.getsignal(signal.SIGTERM)
    run(experiment_of(recorded), on_update=lambda _: handlers.append(signal.getsignal(signal.SIGTERM)))
    assert set(handlers) == {before}

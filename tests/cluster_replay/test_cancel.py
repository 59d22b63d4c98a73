# SPDX-License-Identifier: Apache-2.0
"""Ending an Experiment from outside: by its name, or by the run that left it."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from kfp_katib.cluster import cancel, end_abandoned
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.labels import RUN
from tests.cluster.engine.recording import Recording
from tests.cluster_replay.player import api_of
from tests.cluster_replay.searches import name_of
from tests.cluster_replay.server import Api

Serve = Callable[[Api], None]


def test_cancel_deletes_and_waits(unfinished: Recording, serve: Serve) -> None:
    """An Experiment that is not there is told."""
    api, _ = api_of(unfinished)
    api.store.put("experiments", unfinished.manifest)
    serve(api)
    cancel(name_of(unfinished))
    with pytest.raises(InputError, match="No Experiment"):
        cancel(name_of(unfinished))


def test_cancel_says_what_holds_a_deletion(unfinished: Recording, serve: Serve) -> None:
    """A trial whose finalizer nobody serves stays for good; we do not wait that long."""
    api, _ = api_of(unfinished)
    api.store.put("experiments", unfinished.manifest)
    held = next(thing for _, kind, _, thing in unfinished.timeline if kind == "trials")
    held["metadata"]["finalizers"] = ["clean-metrics-in-db"]
    api.store.put("trials", held)
    serve(api)
    with pytest.raises(ClusterError, match=r"still there: trial .*held by clean-metrics-in-db"):
        cancel(name_of(unfinished), wait_seconds=0.1)


def test_an_aborted_runs_unfinished_experiments_are_ended(unfinished: Recording, serve: Serve) -> None:
    """Those of other runs, and those that have a verdict, are left alone."""
    api, _ = api_of(unfinished)

    def put(name: str, run_id: str, *, done: bool) -> None:
        thing = copy.deepcopy(unfinished.manifest)
        labels = {"app.kubernetes.io/managed-by": "kfp-katib", RUN: run_id}
        thing["metadata"] |= {"name": name, "uid": name, "labels": labels}
        thing["status"] = {"conditions": [{"type": "Succeeded", "status": "True"}] if done else []}
        api.store.put("experiments", thing)

    put("mine", "r1", done=False)
    put("finished", "r1", done=True)
    put("theirs", "r2", done=False)
    serve(api)
    assert end_abandoned("r1") == ["mine"]
    left, _ = api.store.choose("experiments", lambda _: True)
    assert [each["metadata"]["name"] for each in left] == ["finished", "theirs"]


def test_no_run_is_not_every_run() -> None:
    """An empty id would mean all Experiments that were started outside of a pipeline."""
    with pytest.raises(InputError, match="run_id is empty"):
        end_abandoned("")

# SPDX-License-Identifier: Apache-2.0
"""Ending an Experiment from outside: by its name, or by the run that left it."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from kfp_katib.engines.katib import end_abandoned
from kfp_katib.engines.labels import RUN, label_value
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.steps.clean_up import clean_up_run
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.player import api_of, name_of
from tests.engines.katib.replay.server import Api, Serve
from tests.engines.katib.running import cancel


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


@pytest.fixture
def put(unfinished: Recording) -> Callable[..., None]:
    """Put an Experiment of a run into a cluster."""

    def of_run(api: Api, name: str, run_id: str, *, namespace: str = "team", done: bool = False) -> None:
        thing = copy.deepcopy(unfinished.manifest)
        labels = {"app.kubernetes.io/managed-by": "kfp-katib", RUN: label_value(run_id)}
        thing["metadata"] |= {"name": name, "uid": name, "namespace": namespace, "labels": labels}
        thing["status"] = {"conditions": [{"type": "Succeeded", "status": "True"}] if done else []}
        api.store.put("experiments", thing)

    return of_run


def left(api: Api) -> list[str]:
    """The names of the Experiments that are still there."""
    return [each["metadata"]["name"] for each in api.store.choose("experiments", lambda _: True)[0]]


@pytest.mark.parametrize("run_id", ["r1", "a run (2)", "r" * 80])
def test_an_aborted_runs_unfinished_experiments_are_ended(
    run_id: str, put: Callable[..., None], serve: Serve
) -> None:
    """Those of other runs, and those that have a verdict, are left alone; an id may be any text."""
    api = Api()
    put(api, "mine", run_id)
    put(api, "finished", run_id, done=True)
    put(api, "theirs", "r2")
    serve(api)
    assert end_abandoned(run_id) == ["mine"]
    assert left(api) == ["finished", "theirs"]


MANIFEST = "kind: Experiment\nmetadata: {name: x, namespace: manifests}\n"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        pytest.param({}, {"beside"}, id="the step's own"),
        pytest.param({"experiment": MANIFEST}, {"beside", "by-manifest"}, id="the manifest's"),
        pytest.param({"namespace": "given"}, {"beside", "by-argument"}, id="the argument's"),
        pytest.param(
            {"namespace": "given", "experiment": MANIFEST},
            {"beside", "by-argument", "by-manifest"},
            id="all of them",
        ),
        pytest.param({"experiment": "kind: ["}, {"beside"}, id="a manifest that started nothing"),
        pytest.param({"experiment": "metadata: [1]"}, {"beside"}, id="a manifest without metadata"),
    ],
)
def test_an_experiment_is_found_wherever_its_launcher_put_it(
    given: dict[str, str], found: set[str], put: Callable[..., None], serve: Serve
) -> None:
    """By the same arguments that the launcher got."""
    api = Api(apart=True)
    places = {"beside": "team", "by-argument": "given", "by-manifest": "manifests", "elsewhere": "other"}
    for name, namespace in places.items():
        put(api, name, "r1", namespace=namespace)
    serve(api)
    assert clean_up_run("r1", "katib", **given) == len(found)
    assert set(left(api)) == set(places) - found


def test_rights_in_one_namespace_are_enough(put: Callable[..., None], serve: Serve) -> None:
    """A service account that may not look into its own namespace has started nothing there."""
    api = Api(apart=True, closed={"team", "manifests"})
    put(api, "mine", "r1", namespace="given")
    serve(api)
    assert clean_up_run("r1", "katib", "given", MANIFEST) == 1


def test_a_namespace_that_was_asked_for_and_is_closed_is_told(put: Callable[..., None], serve: Serve) -> None:
    """What can be ended elsewhere is ended all the same."""
    api = Api(apart=True, closed={"given"})
    put(api, "beside", "r1")
    serve(api)
    with pytest.raises(ClusterError, match=r"namespaces/given/experiments: 403"):
        clean_up_run("r1", "katib", "given")
    assert left(api) == []


def test_no_run_is_not_every_run() -> None:
    """An empty id would mean all Experiments that were started outside of a pipeline."""
    with pytest.raises(InputError, match="run_id is empty"):
        end_abandoned("")

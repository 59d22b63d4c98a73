# SPDX-License-Identifier: Apache-2.0
"""A launch in a pipeline looks at its own pod for its run, its step, and the pass of a loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from kubernetes.config import incluster_config

from kfp_katib.engines.engine import named
from kfp_katib.engines.katib import own_step
from kfp_katib.engines.katib.api import client, kubeconfig
from kfp_katib.engines.labels import label_value
from kfp_katib.engines.options import Identity
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.steps.launch_katib import identified
from kfp_katib.steps.search.plan import RunContext, plan
from tests.builders.manifest import manifest
from tests.engines.katib.replay.server import Api, Serve
from tests.engines.katib.test_step import PODS

SEARCH, CONTEXT = manifest("train", "${trialParameters.lr}"), RunContext(image="image:1")
KATIB = named("katib")
RUN, STEP = "016cb5f5-47ff-4fec-8242-e537caf23781", "exit-handler-1.launch-katib"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """A cluster with the pod of a step, which this process takes for its own."""
    monkeypatch.setenv("KFP_POD_NAME", PODS[0]["name"])
    made = Api()
    made.store.put("pods", {"metadata": {**PODS[0], "uid": "p"}})
    return made


@pytest.fixture
def at_node(api: Api) -> Callable[[str], None]:
    """Move this process' pod to another node of the pipeline."""

    def move(name: str) -> None:
        annotations = {"workflows.argoproj.io/node-name": name}
        api.store.put("pods", {"metadata": {**PODS[0], "uid": "p", "annotations": annotations}})

    return move


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(Identity(), Identity(RUN, STEP), id="both are empty"),
        pytest.param(Identity("mine", ""), Identity("mine", STEP), id="the step is empty"),
        pytest.param(Identity("", "launch-katib"), Identity(RUN, STEP), id="the run is empty"),
        pytest.param(Identity("run", "launch-katib"), Identity("run", STEP), id="both are given"),
        pytest.param(Identity("run", "mine"), Identity("run", f"{STEP}.mine"), id="a name of one's own"),
        pytest.param(Identity(namespace="mine"), Identity(RUN, STEP, "mine"), id="the namespace stays"),
    ],
)
def test_the_pod_tells_the_step(given: Identity, expected: Identity, api: Api, serve: Serve) -> None:
    """One step has one identity, whether the pipeline names it or not."""
    serve(api)
    assert identified(KATIB, given) == expected


LOOP = "wf(0).root(0).for-loop-1(0).iteration-iterations({})(0).iteration-item(0).tune(0).executor(0)"
PLACES = {
    "first pass": LOOP.format("0:0"),
    "second pass": LOOP.format("1:1"),
    "nested": "wf(0).root(0).inner(0).tune(0).executor(0)",
    "nested again": "wf(0).root(0).inner-2(0).tune(0).executor(0)",
    "by itself": "wf(0).root(0).tune(0).executor(0)",
}


@pytest.mark.parametrize("given", [Identity(), Identity("run", "tune")], ids=["empty", "given"])
def test_each_place_in_a_pipeline_has_a_search_of_its_own(
    given: Identity, at_node: Callable[[str], None], api: Api, serve: Serve
) -> None:
    """The passes of a loop and two calls of a nested pipeline have one task's name and one manifest."""
    serve(api)
    names = set()
    for place in PLACES.values():
        at_node(place)
        found = plan(SEARCH, CONTEXT, identity=identified(KATIB, given), overrides={})
        names.add(found.experiment.name)
        labels = found.experiment.manifest["metadata"]["labels"]
        assert all(label_value(text) == text for text in labels.values())
    assert len(names) == len(PLACES)


@pytest.mark.parametrize("given", [Identity(), Identity("run", "tune")], ids=["empty", "given"])
def test_an_attempt_of_the_same_pass_finds_its_own(
    given: Identity, at_node: Callable[[str], None], api: Api, serve: Serve
) -> None:
    """Whichever node of the way Argo has started again."""
    serve(api)
    at_node(PLACES["second pass"])
    first = identified(KATIB, given)
    at_node("wf(0).root(0).for-loop-1(1).iteration-iterations(1:1)(2).iteration-item(0).tune(0).executor(1)")
    assert identified(KATIB, given) == first


def test_on_one_machine_nothing_is_asked(api: Api, serve: Serve) -> None:
    """Trials in this very step are nobody else's."""
    serve(api)
    assert identified(named("local"), Identity()) == Identity()
    assert not api.asked


@pytest.mark.parametrize("given", [Identity(), Identity("run", "tune")], ids=["empty", "given"])
def test_a_pod_that_may_not_be_read_is_named(given: Identity, api: Api, serve: Serve) -> None:
    """Which pass of a loop this is cannot be told: the launch is refused, with the right that it needs."""
    api.forbidden = {"pods"}
    serve(api)
    with pytest.raises(
        InputError, match=r"pod 'tune-pvc-.*pass of a loop.*403.*`get` on pods.*deploy/rbac does"
    ):
        identified(KATIB, given)


def test_a_pod_that_does_not_tell_its_node_is_named(api: Api, serve: Serve) -> None:
    """As another workflow engine than Argo may leave it."""
    api.store.put("pods", {"metadata": {**PODS[0], "uid": "p", "annotations": {}}})
    serve(api)
    with pytest.raises(InputError, match=r"no annotation workflows\.argoproj\.io/node-name"):
        own_step()


def test_a_server_that_does_not_answer_is_no_lack_of_a_right(
    api: Api, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step fails with that, and may be tried again."""
    monkeypatch.setattr(client, "RETRIES", client.ONCE)
    api.broken = {"pods"}
    serve(api)
    with pytest.raises(ClusterError, match="500"):
        own_step()


def test_the_pod_is_asked_for_where_it_is(
    api: Api, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By its own account, though a KUBECONFIG names the cluster in which the search is to run."""
    serve(api)
    for name in ("token", "namespace", "ca.crt"):
        (tmp_path / name).write_text(certifi.contents() if name == "ca.crt" else "own")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setattr(kubeconfig, "_SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with client.connect() as given, client.connect(own_pod=True) as own:
        assert (own.address, own.namespace) == ("https://10.96.0.1:443", "own")
        assert given.address != own.address


def test_outside_of_a_pod_there_is_nothing_to_read(
    api: Api, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cluster is asked; the launch is refused."""
    monkeypatch.delenv("KFP_POD_NAME")
    serve(api)
    with pytest.raises(InputError, match="run_id is empty and no pipeline pod provides it"):
        identified(KATIB, Identity())
    assert not api.asked

# SPDX-License-Identifier: Apache-2.0
"""A launch whose pipeline does not say which run and step it is looks at its own pod."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kfp_katib.cluster import own_step
from kfp_katib.errors import InputError
from kfp_katib.launch.engines import identified
from kfp_katib.launch.request import Identity
from tests.cluster_engine.test_step import PODS
from tests.cluster_replay.server import Api

Serve = Callable[[Api], None]
RUN, STEP = "016cb5f5-47ff-4fec-8242-e537caf23781", "exit-handler-1.launch-katib"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """A cluster with the pod of a step, which this process takes for its own."""
    monkeypatch.setenv("KFP_POD_NAME", PODS[0]["name"])
    made = Api()
    made.store.put("pods", {"metadata": {**PODS[0], "uid": "p"}})
    return made


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(Identity(), Identity(RUN, STEP), id="both are empty"),
        pytest.param(Identity("mine", ""), Identity("mine", STEP), id="the step is empty"),
        pytest.param(Identity("", "mine"), Identity(RUN, "mine"), id="the run is empty"),
        pytest.param(Identity(namespace="mine"), Identity(RUN, STEP, "mine"), id="but for the namespace"),
    ],
)
def test_the_pod_tells_what_was_left_empty(
    given: Identity, expected: Identity, api: Api, serve: Serve
) -> None:
    """And nothing else."""
    serve(api)
    assert identified("katib", given) == expected


@pytest.mark.parametrize(
    ("engine", "given"), [("katib", Identity("run", "step")), ("local", Identity())], ids=["told", "local"]
)
def test_nothing_is_asked_without_need(engine: str, given: Identity, api: Api, serve: Serve) -> None:
    """A pipeline that passes both needs no right to its pod; trials on one machine need no run."""
    serve(api)
    assert identified(engine, given) == given
    assert not api.asked


def test_a_pod_that_may_not_be_read_is_named(api: Api, serve: Serve) -> None:
    """With both ways out."""
    api.forbidden = {"pods"}
    serve(api)
    with pytest.raises(InputError, match=r"pod 'tune-pvc-.*cannot be read.*403.*PLACEHOLDER.*rbac\.yaml"):
        own_step()


def test_outside_of_a_pod_there_is_nothing_to_read(
    api: Api, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cluster is asked; the launch is refused."""
    monkeypatch.delenv("KFP_POD_NAME")
    serve(api)
    with pytest.raises(InputError, match="run_id is empty and no pod of a pipeline tells it"):
        identified("katib", Identity()).check("katib")
    assert not api.asked

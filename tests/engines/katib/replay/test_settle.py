# SPDX-License-Identifier: Apache-2.0
"""Between Katib's verdict and ours: what is waited for, and what is ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from kfp_katib.engines.katib import session
from kfp_katib.experiment import Experiment, load
from kfp_katib.results import Progress, Result
from tests.engines.katib.live.manifests import small
from tests.engines.katib.made import conditions, ended, pod, suggestion, thing
from tests.engines.katib.replay.server import Api, Serve
from tests.engines.katib.replay.store import Thing
from tests.engines.katib.running import run

OF_X = {"katib.kubeflow.org/experiment": "x"}


def experiment() -> Experiment:
    """A small search called x."""
    return load(small("x", "image:1", prints="echo loss=${trialParameters.lr}"))


def of_x(made: Thing) -> Thing:
    """An object with the label that Katib gives to all of one Experiment."""
    made["metadata"]["labels"] |= OF_X
    return made


def succeeded(name: str, loss: str) -> Thing:
    """A completed trial."""
    made = of_x(thing(name, "Created", "Succeeded"))
    made["status"]["observation"] = {"metrics": [{"name": "loss", "min": loss, "max": loss, "latest": loss}]}
    return made


def with_verdict(api: Api, what: str = "Succeeded", **status: Any) -> None:
    """Let Katib give its verdict on x."""
    stored = api.store.get("experiments", "x")
    assert stored
    api.store.put("experiments", {**stored, "status": {**conditions("Created", what), **status}})


def running(api: Api, *trials: Thing, pods: tuple[Thing, ...] = ()) -> Callable[[Thing], Thing]:
    """Once x is created, these trials and pods are there."""

    def on_create(created: Thing) -> Thing:
        api.store.put("suggestions", suggestion("DeploymentReady"))
        for each in trials:
            api.store.put("trials", each)
        for each in pods:
            api.store.put("pods", of_x(each))
        return created

    return on_create


def run_with(api: Api, then: Callable[[], None]) -> Result:
    """Run x, and let something happen a moment after its first trial is known."""
    acted = threading.Event()

    def act(_: Progress) -> None:
        if not acted.is_set():
            acted.set()
            threading.Thread(target=then).start()

    return run(experiment(), on_update=act, timeout_seconds=20)


def test_a_trial_that_runs_on_is_ended(serve: Serve) -> None:
    """And counted as killed, as the local engine counts it."""
    api = Api()
    api.on_create = running(api, succeeded("a", "0.1"), of_x(thing("b", "Running")))
    serve(api)
    result = run_with(api, lambda: with_verdict(api))
    assert [(trial.name, trial.state) for trial in result.trials] == [("a", "Succeeded"), ("b", "Killed")]
    assert api.store.get("trials", "b") is None


def test_a_trial_that_cannot_be_ended_does_not_take_the_result_away(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said in the log."""
    api = Api()
    api.on_create = running(api, succeeded("a", "0.1"), of_x(thing("b", "Running")))
    api.undeletable = True
    serve(api)
    assert run_with(api, lambda: with_verdict(api)).succeeded
    assert "trial b runs on after the verdict and cannot be ended" in caplog.text


def test_a_trial_that_only_has_to_report_is_waited_for(serve: Serve) -> None:
    """Its training has ended well: the best metric of all may be on the way."""
    api = Api()
    finished = pod("b-1", trial="b", containers={"training": ended()})
    api.on_create = running(api, succeeded("a", "0.1"), of_x(thing("b", "Running")), pods=(finished,))
    serve(api)

    def late() -> None:
        with_verdict(api)
        time.sleep(0.3)
        api.store.put("trials", succeeded("b", "0.05"))

    result = run_with(api, late)
    assert (result.best and result.best.name, result.count("Succeeded")) == ("b", 2)


def test_a_verdict_waits_for_the_trials_that_it_counts(serve: Serve) -> None:
    """Four watches are four streams: the verdict may be told before the trial that made it."""
    api = Api()
    api.on_create = running(api, of_x(thing("a", "Running")))
    serve(api)

    def late() -> None:
        with_verdict(api, succeededTrialList=["a"])
        time.sleep(0.3)
        api.store.put("trials", succeeded("a", "0.1"))

    result = run_with(api, late)
    assert (result.count("Succeeded"), result.count("Killed")) == (1, 0)


def test_a_trial_that_is_counted_but_never_told_is_named(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody has deleted it before we came; the verdict stands without."""
    monkeypatch.setattr(session, "_CATCH_UP_SECONDS", 0.1)
    api = Api()
    api.on_create = running(api, succeeded("a", "0.1"))
    serve(api)
    result = run_with(api, lambda: with_verdict(api, succeededTrialList=["a", "gone"]))
    assert result.succeeded
    assert "['gone']" in caplog.text


def test_a_refused_setting_is_told_in_the_suggestions_words(serve: Serve) -> None:
    """Katib's Experiment only says that its Suggestion has failed; the why may come a moment later."""
    api = Api()
    api.on_create = running(api, of_x(thing("a", "Running")))
    serve(api)

    def refuse() -> None:
        stored = api.store.get("experiments", "x")
        assert stored
        failed = {"type": "Failed", "status": "True", "reason": "ExperimentFailed"}
        verdict = {"conditions": [{**failed, "message": "Suggestion has failed"}]}
        api.store.put("experiments", {**stored, "status": verdict})
        time.sleep(0.2)
        why = "Validation failed: random_state should be great or equal than zero"
        told = suggestion()
        told["status"]["conditions"] = [{**failed, "message": why}]
        api.store.put("suggestions", told)

    result = run_with(api, refuse)
    assert result.message == (
        "Suggestion has failed: Validation failed: random_state should be great or equal than zero"
    )

# SPDX-License-Identifier: Apache-2.0
"""How a search can end other than by Katib's verdict, and what becomes of the Experiment."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import pytest

from kfp_katib.engines.katib.diagnosis import monitor
from kfp_katib.engines.katib.diagnosis.causes import CAUSES
from kfp_katib.errors import ClusterError, Interrupted, Stalled, TimedOut, Unfinished
from kfp_katib.results import Progress
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.player import api_of, experiment_of, name_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run


def test_a_timeout_fails_with_what_was_found(unfinished: Recording, serve: Serve) -> None:
    """The Experiment stays, for a retried step must not start a second one."""
    api, _ = api_of(unfinished)
    serve(api)
    with pytest.raises(
        TimedOut, match=r"1 of 3 trials have completed; the best is .* with loss=0.5"
    ) as error:
        run(experiment_of(unfinished), timeout_seconds=3)
    assert error.value.result is not None
    assert error.value.result.count("Succeeded") == 1
    assert api.store.get("experiments", name_of(unfinished))
    with pytest.raises(TimedOut):
        run(experiment_of(unfinished), timeout_seconds=3)
    assert len(api.created) == 1


def test_the_best_so_far_can_be_taken_when_time_is_up(unfinished: Recording, serve: Serve) -> None:
    """Then the Experiment is deleted, which is the only way to stop one."""
    api, _ = api_of(unfinished)
    serve(api)
    result = run(experiment_of(unfinished), timeout_seconds=3, on_timeout="best_so_far")
    assert result.best is not None
    assert (result.state, result.count("Succeeded"), result.count("Killed")) == ("Running", 1, 1)
    assert api.store.get("experiments", name_of(unfinished)) is None


def test_an_experiment_that_somebody_deletes_has_no_verdict(unfinished: Recording, serve: Serve) -> None:
    """The error says so at once, and carries what had finished."""
    api, player = api_of(unfinished)
    serve(api)

    def meddle(_: Progress) -> None:
        threading.Thread(target=later).start()

    def later() -> None:
        player.join()
        api.store.remove("experiments", name_of(unfinished))

    with pytest.raises(Unfinished, match="was deleted by somebody else") as error:
        run(experiment_of(unfinished), on_update=meddle, timeout_seconds=20)
    assert error.value.result is not None
    assert error.value.result.count("Succeeded") == 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Symptoms that mean something after a fifth of a second."""
    short = {name: replace(cause, grace_seconds=0.2) for name, cause in CAUSES.items()}
    monkeypatch.setattr(monitor, "CAUSES", short)


@pytest.mark.usefixtures("quick")
def test_a_stall_is_said_and_ends_the_search(
    unfinished: Recording, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """First a warning, then the error; both name what blocks, in the words of whoever knows."""
    api, player = api_of(unfinished)
    serve(api)
    denied = {
        "metadata": {"name": "e", "uid": "e"},
        "type": "Warning",
        "reason": "FailedCreate",
        "message": "exceeded quota: gpus, requested: nvidia.com/gpu=1",
        "lastTimestamp": "2026-11-24T07:00:00Z",
    }

    def deny(progress: Progress) -> None:
        waiting = [trial.name for trial in progress.result().trials if not trial.completed]
        if waiting:
            api.store.put("events", {**denied, "involvedObject": {"name": waiting[-1]}})

    with caplog.at_level(logging.WARNING), pytest.raises(Stalled) as error:
        run(experiment_of(unfinished), stall_timeout_seconds=2.5, on_update=deny)
    player.join()
    assert "exceeded quota: gpus, requested: nvidia.com/gpu=1" in str(error.value)
    assert f"to end it: kubectl delete experiment {name_of(unfinished)} -n" in str(error.value)
    assert any("exceeded quota" in record.message for record in caplog.records)


@pytest.mark.usefixtures("quick")
def test_a_controller_that_is_down_is_named_first(unfinished: Recording, serve: Serve) -> None:
    """Not the trial, whose pod never comes, although an older event speaks of it."""
    api, _ = api_of(unfinished)
    serve(api)
    words = 'failed calling webhook "defaulter.experiment.katib.kubeflow.org": connection refused'

    def fall(_: Progress) -> None:
        api.refuse["experiments"] = (500, words)

    with pytest.raises(Stalled, match=r"for 2\.5 s: katib-controller is down, its webhook does not answer"):
        run(experiment_of(unfinished), stall_timeout_seconds=2.5, on_update=fall)


@pytest.mark.usefixtures("quick")
def test_a_server_that_has_fallen_silent_is_all_that_is_told(
    unfinished: Recording, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """The watches have not noticed, and what they told is no ground for anything."""
    api, player = api_of(unfinished)
    serve(api)

    def fall(progress: Progress) -> None:
        if progress.running:
            api.broken = {"experiments", "trials", "pods", "suggestions", "events", "jobs"}

    with caplog.at_level(logging.WARNING), pytest.raises(Stalled, match="the API server does not answer"):
        run(experiment_of(unfinished), stall_timeout_seconds=2.5, on_update=fall)
    player.join()
    said = [record.getMessage() for record in caplog.records if record.name == monitor.__name__]
    assert all("the API server does not answer" in each for each in said)


def test_a_budget_that_was_edited_meanwhile_is_the_one_that_counts(
    unfinished: Recording, serve: Serve
) -> None:
    """Katib lets people change it while an Experiment runs; the launcher's manifest is older."""
    api, _ = api_of(unfinished)
    serve(api)

    def edit(_: Progress) -> None:
        stored = api.store.get("experiments", name_of(unfinished))
        if stored and stored["spec"]["maxTrialCount"] != 9:
            api.store.put("experiments", {**stored, "spec": {**stored["spec"], "maxTrialCount": 9}})

    with pytest.raises(TimedOut, match="of 9 trials have completed") as error:
        run(experiment_of(unfinished), timeout_seconds=4, on_update=edit)
    assert error.value.result is not None
    assert error.value.result.experiment.max_trial_count == 9


@pytest.mark.parametrize(
    ("scenario", "cleanup", "stays"),
    [
        ("budget", "keep", True),
        ("budget", "delete_on_success", False),
        ("budget", "delete_always", False),
        ("failures", "delete_on_success", True),
        ("failures", "delete_always", False),
    ],
)
def test_the_experiment_is_cleaned_up_as_asked(
    scenario: str, cleanup: str, stays: bool, serve: Serve
) -> None:
    """After the Result is complete, whatever it says."""
    recorded = recording.read(scenario)
    api, player = api_of(recorded)
    serve(api)
    run(experiment_of(recorded), cleanup=cleanup)  # type: ignore[arg-type]
    player.join()
    assert (api.store.get("experiments", name_of(recorded)) is not None) == stays


def test_ctrl_c_leaves_the_experiment_alone(unfinished: Recording, serve: Serve) -> None:
    """A user who closes the laptop has not lost the search."""
    api, _ = api_of(unfinished)
    serve(api)

    def press(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="continues in the cluster") as error:
        run(experiment_of(unfinished), on_update=press, cleanup="delete_always")
    assert error.value.exit_code == 130
    assert api.store.get("experiments", name_of(unfinished))


@pytest.mark.parametrize(("kind", "raises"), [("trials", True), ("pods", False)])
def test_a_right_that_is_lost_meanwhile(kind: str, raises: bool, serve: Serve) -> None:
    """Without trials there is no result; without pods there is."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    api.forbidden = {kind}
    serve(api)
    if raises:
        with pytest.raises(ClusterError, match="trials is forbidden"):
            run(experiment_of(recorded))
    else:
        assert run(experiment_of(recorded)).succeeded


def test_an_experiment_that_cannot_be_cleaned_up_does_not_take_the_result_away(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said in the log."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    api.undeletable = True
    serve(api)
    assert run(experiment_of(recorded), cleanup="delete_always").succeeded
    assert f"Experiment {recorded.manifest['metadata']['namespace']}/{name_of(recorded)} stays" in caplog.text


def test_an_experiment_that_cannot_be_stopped_does_not_take_the_best_away(
    unfinished: Recording, serve: Serve
) -> None:
    """The notes say that it runs on, and every trial says where its model is."""
    api, _ = api_of(unfinished)
    api.undeletable = True
    serve(api)
    result = run(
        experiment_of(unfinished), timeout_seconds=3, on_timeout="best_so_far", models="s3://bucket/models"
    )
    assert result.best is not None
    assert result.best.model_uri == f"s3://bucket/models/{name_of(unfinished)}/{result.best.name}"
    assert "could not be stopped" in " ".join(result.notes)

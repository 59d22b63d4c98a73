# SPDX-License-Identifier: Apache-2.0
"""What a real Katib wrote for a search by each of its algorithms, read again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kfp_katib.engines.katib.diagnosis import monitor
from kfp_katib.engines.katib.diagnosis.causes import CAUSES
from kfp_katib.errors import Stalled
from kfp_katib.experiment.load import warnings_on
from kfp_katib.results import Result
from tests.engines.algorithm_scenarios import ALGORITHMS, STUCK
from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.player import api_of, experiment_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run
from tests.engines.scenarios import Scenario, assert_ends_as_written


def replayed(name: str, serve: Serve) -> Result:
    """The Result of a recorded search."""
    recorded = recording.read(name)
    api, _ = api_of(recorded)
    serve(api)
    return run(experiment_of(recorded))


@pytest.mark.parametrize("scenario", ALGORITHMS, ids=lambda scenario: scenario.name)
def test_each_algorithms_search_is_read_as_written(scenario: Scenario, serve: Serve) -> None:
    """Verdict, counts and best trial are those of the local engine (tests/engines/test_scenarios.py)."""
    assert_ends_as_written(replayed(scenario.name, serve), scenario)


@pytest.mark.parametrize(("scenario", "rule", "words"), STUCK, ids=[each[0].name for each in STUCK])
def test_katibs_own_fault_is_named(
    scenario: Scenario, rule: str, words: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what Katib wrote until nothing happened any more; the manifest's warning is a rule's."""
    short = {name: replace(cause, grace_seconds=0.2) for name, cause in CAUSES.items()}
    monkeypatch.setattr(monitor, "CAUSES", short)
    recorded = recording.read(scenario.name)
    api, player = api_of(recorded)
    serve(api)
    experiment = experiment_of(recorded)
    assert rule in {problem.rule for problem in warnings_on(experiment, "katib")}
    with pytest.raises(Stalled, match=f"(?s){words}"):
        run(experiment, stall_timeout_seconds=2.5)
    player.join()


def test_grid_tries_every_cell_once(serve: Serve) -> None:
    """As many trials as cells."""
    tried = sorted(trial.parameters["i"] for trial in replayed("grid", serve).trials)
    assert tried == ["1", "2", "3", "4"]


def test_hyperbands_first_rung_has_the_least_of_the_resource(serve: Serve) -> None:
    """r_l 3 and eta 3 begin with three trials of one epoch."""
    trials = replayed("hyperband within its first rung", serve).trials
    assert [trial.parameters["epochs"] for trial in trials] == ["1", "1", "1"]


def test_a_trial_that_was_stopped_early_has_the_metrics_that_it_printed(serve: Serve) -> None:
    """They count for the best trial as those of any other."""
    (stopped,) = (trial for trial in replayed("medianstop", serve).trials if trial.state == "EarlyStopped")
    assert (stopped.metrics["loss"].min, stopped.metrics["loss"].latest) == ("0.8", "0.9")


def test_the_median_is_the_mean_of_the_first_reports() -> None:
    """Of the first two of the one trial that had succeeded, 0.5 and 0.4: Katib's own rule for the second."""
    suggested = [
        each["status"]["suggestions"]
        for _, kind, _, each in recording.read("medianstop").timeline
        if kind == "suggestions" and each.get("status", {}).get("suggestions")
    ][-1]
    rule = {"name": "loss", "value": "0.45", "comparison": "greater", "startStep": 2}
    assert [each.get("earlyStoppingRules", []) for each in suggested][:2] == [[], [rule]]


def test_a_generation_goes_on_from_the_one_before(serve: Serve) -> None:
    """By Katib's labels, and by the checkpoint that it handed on."""
    last = {
        each["metadata"]["name"]: each["metadata"]["labels"]
        for _, kind, _, each in recording.read("pbt").timeline
        if kind == "trials"
    }
    generation = {
        name: int(labels["pbt.suggestion.katib.kubeflow.org/generation"]) for name, labels in last.items()
    }
    assert set(generation.values()) == {0, 1}
    for trial in replayed("pbt", serve).trials:
        assert trial.metrics["age"].latest == str(generation[trial.name] + 1)

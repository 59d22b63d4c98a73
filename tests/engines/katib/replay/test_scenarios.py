# SPDX-License-Identifier: Apache-2.0
"""What a real Katib wrote for each scenario, read again: the verdicts are those of both engines."""

from __future__ import annotations

import pytest

from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.faults import REQUEST_FAULTS, WATCH_FAULTS, Faults
from tests.engines.katib.replay.player import api_of, experiment_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run
from tests.engines.scenarios import BY_NAME, SCENARIOS, Scenario, assert_ends_as_written


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_katibs_own_words_are_read_as_written(scenario: Scenario, serve: Serve) -> None:
    """Verdict, counts, best trial and Katib's version come out of the recording as out of the cluster."""
    recorded = recording.read(scenario.name)
    api, _ = api_of(recorded)
    serve(api)
    result = run(experiment_of(recorded))
    assert_ends_as_written(result, scenario)
    assert result.provenance.versions == {"Katib": "v0.19.0"}


def test_a_failed_trial_brings_its_exit_code_and_the_end_of_its_log(serve: Serve) -> None:
    """The launcher's own error can then say why, after the pod is gone."""
    recorded = recording.read("failures")
    api, _ = api_of(recorded)
    serve(api)
    result = run(experiment_of(recorded))
    assert {trial.exit_code for trial in result.trials if trial.state == "Failed"} == {3}
    assert all("CUDA out of memory" in trial.log_tail for trial in result.trials if trial.state == "Failed")
    assert any("kubectl" in note for note in result.notes)


@pytest.mark.parametrize("scenario", ["budget", "failures", "diverging"])
def test_a_search_is_created_once(scenario: str, serve: Serve) -> None:
    """A second call adopts the finished Experiment and gives the same Result."""
    recorded = recording.read(scenario)
    api, _ = api_of(recorded)
    serve(api)
    first, second = run(experiment_of(recorded)), run(experiment_of(recorded))
    assert len(api.created) == 1
    assert (first.state, first.best and first.best.name) == (second.state, second.best and second.best.name)


@pytest.mark.parametrize(
    ("scenario", "for_failures"),
    [("budget", 0), ("parallel", 0), ("failures", 3)],
)
def test_a_search_costs_few_requests(scenario: str, for_failures: int, serve: Serve) -> None:
    """Thirteen, however many trials: adoption, review, two dry runs, creation, list and watch for each kind.

    A failed trial costs one for its log, and all of them together one for the events.
    """
    recorded = recording.read(scenario)
    api, _ = api_of(recorded)
    serve(api)
    run(experiment_of(recorded))
    assert api.asked.total() == 13 + for_failures


@pytest.mark.parametrize("name", ["budget", "mixed failures", "parallel"])
@pytest.mark.parametrize("seed", range(12))
def test_a_search_survives_a_network_and_a_server_that_misbehave(name: str, seed: int, serve: Serve) -> None:
    """No lost result, no second Experiment, no wrong verdict.

    About one request and one event in six goes wrong, in all ways that are known; 200 faults in all.
    """
    recorded = recording.read(name)
    api, _ = api_of(recorded)
    api.faults = Faults(seed, probability=0.18)
    serve(api)
    assert_ends_as_written(run(experiment_of(recorded)), BY_NAME[name])
    assert api.created == [recorded.manifest["metadata"]["name"]]
    assert api.faults.injected.total() >= 6
    assert set(api.faults.injected) <= {*REQUEST_FAULTS, *WATCH_FAULTS, "answer cut"}

# SPDX-License-Identifier: Apache-2.0
"""A search that is given another budget on a real Katib: while it runs, after its verdict, and too late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import EXPERIMENTS
from kfp_katib.engines.katib.submit import adopt, labelled
from kfp_katib.engines.options import Identity
from kfp_katib.errors import ClusterError, InputError, Interrupted
from kfp_katib.experiment import Experiment, load
from kfp_katib.results import Progress
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.running import cancel, run
from tests.engines.scenarios import BY_NAME, Scenario, losses, manifest, prepare

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SCENARIO = replace(BY_NAME["budget"], trials=losses(0.5, 0.1, 0.3, 0.2))


@pytest.fixture
def made(katib: Katib, volume: Path, name: str) -> Any:
    """The scenario's manifest with some fields of its own."""
    prepare(volume, SCENARIO, seconds=2)
    return lambda scenario=SCENARIO, **spec: load(
        manifest(volume, scenario, name=name, image=katib.image, **spec)
    )


def started(volume: Path) -> int:
    """How many trials have started."""
    return len((volume / "started").read_text().splitlines())


def test_a_finished_search_runs_on(made: Any, volume: Path, kept: Callable[[str], None]) -> None:
    """Under LongRunning: the old trials stay, the new ones join them, and all have one verdict."""
    first = run(made(resumePolicy="LongRunning", maxTrialCount=2), timeout_seconds=240)
    second = run(made(resumePolicy="LongRunning", maxTrialCount=4, parallelTrialCount=2), timeout_seconds=240)
    assert (first.reason, first.count("Succeeded")) == ("ExperimentMaxTrialsReached", 2)
    assert (second.reason, second.count("Succeeded")) == ("ExperimentMaxTrialsReached", 4)
    assert second.trials[:2] == first.trials
    assert started(volume) == 4
    kept("extended")


def test_a_search_is_edited_while_it_runs(made: Any, volume: Path, kept: Callable[[str], None]) -> None:
    """Whatever its resumePolicy: Katib has no verdict to take back."""

    def stop(progress: Progress) -> None:
        if progress.completed:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run(made(maxTrialCount=3), on_update=stop)
    result = run(made(maxTrialCount=4, parallelTrialCount=2, maxFailedTrialCount=2), timeout_seconds=120)
    assert (result.reason, result.count("Succeeded")) == ("ExperimentMaxTrialsReached", 4)
    assert result.experiment.max_failed_trial_count == 2
    assert started(volume) == 4
    kept("edited")


def refused_by_katib(experiment: Experiment, katib: Katib, spec: dict[str, Any]) -> str:
    """What Katib's own webhook says to an edit."""
    with connect(katib.namespace) as cluster, pytest.raises(ClusterError) as error:
        cluster.patch(EXPERIMENTS, experiment.name, {"spec": spec})
    return str(error.value)


def test_never_is_never(made: Any, katib: Katib, volume: Path) -> None:
    """We say before the webhook does what it would say."""
    experiment = made(maxTrialCount=1)
    assert run(experiment, namespace=katib.namespace).succeeded
    with pytest.raises(InputError, match="this one has resumePolicy Never") as error:
        run(made(maxTrialCount=3), namespace=katib.namespace)
    assert f"the Result of experiment/{experiment.name} -n {katib.namespace}" in str(error.value)
    assert "Experiment can be restarted if" in refused_by_katib(experiment, katib, {"maxTrialCount": 3})
    assert started(volume) == 1


def test_a_goal_that_was_reached_is_the_end(made: Any, katib: Katib, volume: Path) -> None:
    """Also under LongRunning."""
    goal: Scenario = replace(SCENARIO, spec=BY_NAME["goal"].spec)
    assert run(made(goal, resumePolicy="LongRunning"), namespace=katib.namespace).reason.endswith(
        "GoalReached"
    )
    with pytest.raises(InputError, match="this one ended by ExperimentGoalReached"):
        run(made(goal, resumePolicy="LongRunning", maxTrialCount=9), namespace=katib.namespace)
    assert started(volume) == 2


def test_a_budget_that_is_spent_already_is_refused(made: Any, katib: Katib) -> None:
    """With the least that Katib would take."""
    experiment = made(resumePolicy="LongRunning", maxTrialCount=2, parallelTrialCount=2)
    assert run(experiment, namespace=katib.namespace).succeeded
    with pytest.raises(InputError, match=r"it has 2 trials already.* Give maxTrialCount 3 or more"):
        run(made(resumePolicy="LongRunning", maxTrialCount=1), namespace=katib.namespace)
    said = refused_by_katib(experiment, katib, {"maxTrialCount": 2, "parallelTrialCount": 1})
    assert "must be greater than status.trials count" in said


def test_a_launcher_killed_after_its_patch_has_a_successor(made: Any, katib: Katib, volume: Path) -> None:
    """It finds its own budget, and waits for the verdict that belongs to it."""
    assert run(made(resumePolicy="LongRunning", maxTrialCount=1), namespace=katib.namespace).succeeded
    extended = made(resumePolicy="LongRunning", maxTrialCount=2)
    with connect(katib.namespace) as cluster:
        adopt(cluster, labelled(extended, katib.namespace, Identity()))
    assert run(extended, namespace=katib.namespace).count("Succeeded") == 2
    assert started(volume) == 2
    cancel(extended.name, namespace=katib.namespace)

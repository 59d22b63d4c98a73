# SPDX-License-Identifier: Apache-2.0
"""Each algorithm of Katib's on a real Katib that has its service: its end, or what is said where it hangs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes
import pytest

from kfp_katib.engines.katib.diagnosis import monitor
from kfp_katib.errors import Stalled
from kfp_katib.experiment import Experiment, check, load
from kfp_katib.experiment.model import Manifest
from kfp_katib.results import Progress
from tests.engines.algorithm_scenarios import ALGORITHMS, GENERATIONS, KEPT, SERVICES, STUCK
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.running import cancel, run
from tests.engines.scenarios import BY_NAME, Scenario, assert_ends_as_written, manifest, prepare

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(700)]
TRIAL_SECONDS = 4.0  # a trial that ends before its collector looks fails, whatever it printed
WAIT_SECONDS = 600.0


@pytest.fixture
def written(katib: Katib, volume: Path) -> Iterator[Callable[[Scenario], Manifest]]:
    """A scenario as an Experiment of its own; skips where this Katib lacks the service."""
    name = f"scenario-{volume.name[-8:]}"

    def write(scenario: Scenario) -> Manifest:
        prepare(volume, scenario, seconds=TRIAL_SECONDS)
        made = manifest(volume, scenario, name=name, image=katib.image, retain=scenario.name in KEPT)
        if lacks := katib.lacks(made):
            pytest.skip(f"this Katib has no service for {lacks}")
        algorithm = made["spec"]["algorithm"]["algorithmName"]
        if (service := SERVICES.get(scenario.name, "")) not in (image := katib.services[algorithm]):
            pytest.skip(f"this Katib has {image} for {algorithm}, and {service} is asked for")
        return made

    yield write
    _release(f"{name}-pbt-{katib.namespace}")


def _release(volume: str) -> None:
    """Delete the volume that Katib has made for a suggestion service, and never deletes."""
    core = kubernetes.client.CoreV1Api()
    if volume in {each.metadata.name for each in core.list_persistent_volume().items}:
        core.delete_persistent_volume(volume)


@pytest.mark.parametrize("scenario", ALGORITHMS, ids=lambda scenario: scenario.name)
def test_katib_ends_each_algorithms_search_as_written(
    scenario: Scenario, written: Callable[[Scenario], Manifest], kept: Callable[[str], None]
) -> None:
    """Verdict, counts and best trial are those of the local engine, the conditions those of the recording."""
    result = run(load(written(scenario)), run_id="scenarios", task_name="tune", timeout_seconds=WAIT_SECONDS)
    assert_ends_as_written(result, scenario)
    kept(scenario.name)


@pytest.mark.parametrize(("scenario", "rule", "words"), STUCK, ids=[each[0].name for each in STUCK])
def test_where_katib_hangs_by_its_own_fault_that_is_said(
    scenario: Scenario,
    rule: str,
    words: str,
    written: Callable[[Scenario], Manifest],
    kept: Callable[[str], None],
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    """Before the search by a warning about the manifest, then by the monitor, and last as the error."""
    made = written(scenario)
    assert rule in {problem.rule for problem in check(made)}
    with caplog.at_level(logging.WARNING), pytest.raises(Stalled, match=f"(?s){words}") as error:
        run(load(made), timeout_seconds=WAIT_SECONDS, stall_timeout_seconds=45)
    said = [record.getMessage() for record in caplog.records if record.name == monitor.__name__]
    record_property("sentence", said[-1])
    assert error.value.result is not None
    assert error.value.result.best is not None
    kept(scenario.name)
    cancel(made["metadata"]["name"])


@pytest.mark.parametrize("scenario", [BY_NAME["budget"], GENERATIONS], ids=["sobol", "pbt"])
def test_a_service_that_has_forgotten_its_trials_is_named(
    scenario: Scenario, written: Callable[[Scenario], Manifest], katib: Katib
) -> None:
    """Its pod was started again, and what it knew was in its memory alone."""
    made = written(scenario)
    made["spec"] |= {"parallelTrialCount": 1}
    if scenario is not GENERATIONS:
        made["spec"]["algorithm"] = {"algorithmName": "sobol"}
    core, name = kubernetes.client.CoreV1Api(), made["metadata"]["name"]
    ended = list[str]()

    def restart(progress: Progress) -> None:
        if not ended and any(trial.completed for trial in progress.result().trials):
            ended.append(_delete_service_pod(core, name, katib.namespace))

    with pytest.raises(Stalled, match=r"(?s)suggests nothing: .*was started again and has forgotten"):
        run(
            load(made),
            namespace=katib.namespace,
            on_update=restart,
            timeout_seconds=WAIT_SECONDS,
            stall_timeout_seconds=60,
        )
    assert ended
    cancel(name, namespace=katib.namespace)


def _delete_service_pod(core: kubernetes.client.CoreV1Api, experiment: str, namespace: str) -> str:
    label = f"katib.kubeflow.org/suggestion={experiment}"
    (pod,) = core.list_namespaced_pod(namespace, label_selector=label).items
    core.delete_namespaced_pod(pod.metadata.name, namespace, grace_period_seconds=0)
    return str(pod.metadata.name)


def test_a_probability_to_resample_is_refused_by_katibs_pbt(
    written: Callable[[Scenario], Manifest], katib: Katib
) -> None:
    """Whatever it is: the service compares it as text with numbers, and the search fails with its words."""
    experiment = _with_setting(load(written(GENERATIONS)), "resample_probability", "0.2")
    result = run(experiment, namespace=katib.namespace, timeout_seconds=WAIT_SECONDS)
    assert (result.state, result.reason) == ("Failed", "ExperimentFailed")
    assert "not supported between instances of 'int' and 'str'" in result.message


def _with_setting(experiment: Experiment, name: str, value: str) -> Experiment:
    """With a setting that our own check refuses on Katib."""
    made: dict[str, Any] = experiment.manifest
    made["spec"]["algorithm"]["algorithmSettings"].append({"name": name, "value": value})
    return replace(experiment, manifest_json=json.dumps(made))

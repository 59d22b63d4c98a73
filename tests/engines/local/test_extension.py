# SPDX-License-Identifier: Apache-2.0
"""The law of what may change while a search stays the same one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from kfp_katib.engines.local.extension import changed, why_another
from kfp_katib.engines.local.journal_attributes import ASKED, MANIFEST
from kfp_katib.experiment import Experiment, load, render
from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import grid
from tests.builders.search import PRINT, collector, manifest

MODELS = "echo ${pipeline.models}/${pipeline.experiment}; " + PRINT


def stored(experiment: Experiment) -> dict[str, str]:
    """What a journal holds of an Experiment that runs."""
    asked = {ASKED: experiment.asked_json} if experiment.asked_json else {}
    return {MANIFEST: experiment.manifest_json, **asked}


def container(document: Manifest) -> dict[str, Any]:
    """The trial's container."""
    job = document["spec"]["trialTemplate"]["trialSpec"]
    found: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return found


def in_spec(**fields: Any) -> Callable[[Manifest], None]:
    """Sets fields of the spec."""
    return lambda document: document["spec"].update(fields)


def in_objective(**fields: Any) -> Callable[[Manifest], None]:
    """Sets fields of the objective."""
    return lambda document: document["spec"]["objective"].update(fields)


def in_container(**fields: Any) -> Callable[[Manifest], None]:
    """Sets fields of the trial's container."""
    return lambda document: container(document).update(fields)


def in_job(**fields: Any) -> Callable[[Manifest], None]:
    """Sets fields of the Job's spec."""
    return lambda document: document["spec"]["trialTemplate"]["trialSpec"]["spec"].update(fields)


def in_metadata(**fields: Any) -> Callable[[Manifest], None]:
    """Sets fields of the metadata."""
    return lambda document: document["metadata"].update(fields)


def another(change: Callable[[Manifest], None]) -> str:
    """Why a changed manifest is another search; empty if it is none."""
    before = manifest(PRINT)
    after = copy.deepcopy(before)
    change(after)
    return why_another(stored(load(before)), load(after))


MAY_CHANGE = {
    "maxTrialCount": in_spec(maxTrialCount=5),
    "parallelTrialCount": in_spec(parallelTrialCount=2),
    "maxFailedTrialCount": in_spec(maxFailedTrialCount=2),
    "goal": in_objective(goal=0.1),
    "another metric beside": in_objective(additionalMetricNames=["accuracy"]),
    "resumePolicy": in_spec(resumePolicy="LongRunning"),
    "image": in_container(image="example.test/other:2"),
    "resources": in_container(resources={"limits": {"cpu": "2"}}),
    "a trial's deadline": in_job(activeDeadlineSeconds=60),
    "labels": in_metadata(labels={"team": "a"}),
    "namespace": in_metadata(namespace="other"),
    "a default in words": in_spec(metricsCollectorSpec={"collector": {"kind": "StdOut"}}),
    "the default strategy": in_objective(metricStrategies=[{"name": "loss", "value": "min"}]),
}


@pytest.mark.parametrize("change", MAY_CHANGE.values(), ids=MAY_CHANGE)
def test_what_may_change(change: Callable[[Manifest], None]) -> None:
    """It is none of what makes the values of the trials comparable."""
    assert another(change) == ""


RANDOM = {"algorithmName": "random", "algorithmSettings": [{"name": "random_state", "value": "1"}]}
FILE = collector("File", "/out/loss", format="TEXT")
SAID = {
    'spec.objective.type was "minimize" and is "maximize"': in_objective(type="maximize"),
    'spec.objective.objectiveMetricName was "loss" and is "error"': in_objective(objectiveMetricName="error"),
    'spec.objective.metricStrategies.loss was "min" and is "latest"': in_objective(
        metricStrategies=[{"name": "loss", "value": "latest"}]
    ),
    'spec.algorithm.algorithmName was "grid" and is "random"': in_spec(algorithm=RANDOM),
    'spec.algorithm.algorithmSettings.random_state was absent and is "1"': in_spec(algorithm=RANDOM),
    'spec.earlyStopping.algorithmName was absent and is "medianstop"': in_spec(
        earlyStopping={"algorithmName": "medianstop"}
    ),
    'spec.parameters[0].feasibleSpace.max was "0.9" and is "0.8"': in_spec(
        parameters=[grid("0.1", "0.8", "0.1")]
    ),
    'spec.metricsCollectorSpec.collector.kind was "StdOut" and is "File"': in_spec(metricsCollectorSpec=FILE),
    'container.command[0] was "sh" and is "bash"': in_container(command=["bash", "-c", PRINT]),
    'container.args[0] was absent and is "-v"': in_container(args=["-v"]),
    'container.env.SEED was absent and is "1"': in_container(env=[{"name": "SEED", "value": "1"}]),
    'container.workingDir was absent and is "/work"': in_container(workingDir="/work"),
}


@pytest.mark.parametrize(("said", "change"), SAID.items(), ids=SAID)
def test_what_makes_another_search(said: str, change: Callable[[Manifest], None]) -> None:
    """It is named with both values."""
    assert said in another(change)


def test_another_reference_makes_another_search() -> None:
    """A trialParameter stands for something else."""
    before = manifest("echo ${trialParameters.trial}; " + PRINT)
    after = copy.deepcopy(before)
    after["spec"]["trialTemplate"]["trialParameters"][1]["reference"] = "${trialSpec.Namespace}"
    assert "spec.trialTemplate.trialParameters.trial was" in why_another(stored(load(before)), load(after))


def test_of_a_long_text_the_changed_part_is_shown() -> None:
    """A script of a thousand lines is changed in one."""
    script = "\n".join(f"echo {number}" for number in range(1000)) + f"\n{PRINT}"
    said = why_another(
        stored(load(manifest(script))), load(manifest(script.replace("echo 500", "echo five hundred")))
    )
    assert "echo 500" in said
    assert "echo five hundred" in said
    assert len(said) < 300


def filled(models: str, script: str = MODELS) -> Experiment:
    """An Experiment whose models go there."""
    return render(load(manifest(script)), models=models)


def test_a_moved_folder_is_the_same_search() -> None:
    """What is compared is what was written, before it was filled in."""
    assert why_another(stored(filled("/old/models")), filled("/new place/models")) == ""
    assert "container.command[2]" in why_another(
        stored(filled("/old/models")), filled("/old/models", "true; " + MODELS)
    )


def test_a_manifest_that_was_filled_in_elsewhere_is_the_same_search() -> None:
    """`kfp-katib render` wrote it, and it runs as it did before."""
    for place in ("/models", "/moved/models"):
        rendered = load(filled(place).manifest)
        assert why_another(stored(filled("/models")), rendered) == ""
        assert why_another(stored(rendered), filled("/models")) == ""


def test_what_this_installation_adds_to_a_pod_is_no_change() -> None:
    """A manifest that was rendered with it is the one that ran."""
    added = render(load(manifest(PRINT)), trial_pod={"env": [{"name": "KEY", "value": "1"}]})
    assert why_another(stored(added), load(added.manifest)) == ""


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (MODELS, MODELS, True),
        (MODELS, "echo ${pipeline.models}/tune; " + PRINT, True),
        (MODELS, "echo ${pipeline.models}/${pipeline.models}; " + PRINT, False),
        (MODELS, "echo ${pipeline.models}/${pipeline.experiment}/x; " + PRINT, False),
        ("echo ${pipeline.models}${pipeline.models}; " + PRINT, "echo ${pipeline.models}; " + PRINT, True),
    ],
)
def test_a_journal_of_0_1_may_have_been_filled_in(before: str, after: str, same: bool) -> None:
    """It lacks what was written: some value of the placeholders must make the one manifest the other."""
    old = {MANIFEST: filled("/old", before).manifest_json}
    assert (why_another(old, filled("/new", after)) == "") is same


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('{"a": {"b": 1}}', '{"a": {"b": 2}}', "a.b was 1 and is 2"),
        ('{"a": [1, 2]}', '{"a": [1, 3]}', "a[1] was 2 and is 3"),
        ('{"a": "x", "b": 1}', '{"b": 1}', 'a was "x" and is absent'),
        ("{}", '{"a": {}}', "a was absent and is {}"),
        ('{"a": 1, "b": null}', '{"a": 2, "b": null}', "a was 1 and is 2"),
        (
            '{"x": 1}',
            '{"x": 1, "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1}',
            "e was absent and is 1; 2 more",
        ),
    ],
)
def test_changed_fields_are_named(before: str, after: str, said: str) -> None:
    """Each changed field with both values, the first five of them."""
    assert changed(before, after).endswith(said)

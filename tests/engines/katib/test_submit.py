# SPDX-License-Identifier: Apache-2.0
"""Labels that prove whose an Experiment is, and whether a stored one is the search that was asked for."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kfp_katib.engines.katib.extend import EDITABLE, HASH_LABEL
from kfp_katib.engines.katib.submit import MANAGER, differences, labelled, run_selector
from kfp_katib.engines.labels import RUN, TASK
from kfp_katib.engines.options import Identity
from kfp_katib.experiment import load
from tests.builders.manifest import changed
from tests.builders.valid import VALID
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.manifests import COLLECTORS, rich, small

STORED = recording.read("budget").manifest
RECORDED = sorted(path.name.partition(".")[0] for path in recording.FOLDER.glob("*.json.gz"))
JOB = "spec.trialTemplate.trialSpec"


def silent(stored: dict[str, Any]) -> dict[str, Any]:
    """A stored Experiment as somebody would have written it, who leaves to Katib what Katib fills in."""
    manifest = copy.deepcopy(stored)
    spec = manifest["spec"]
    del spec["trialTemplate"]["successCondition"], spec["trialTemplate"]["failureCondition"]
    if spec["resumePolicy"] == "Never":
        del spec["resumePolicy"]
    if spec["metricsCollectorSpec"] == {"collector": {"kind": "StdOut"}}:
        del spec["metricsCollectorSpec"]
    for parameter in spec["parameters"]:
        if parameter["feasibleSpace"]["distribution"] == "uniform":
            del parameter["feasibleSpace"]["distribution"]
    default = {"minimize": "min", "maximize": "max"}[spec["objective"]["type"]]
    given = [each for each in spec["objective"]["metricStrategies"] if each["value"] != default]
    spec["objective"]["metricStrategies"] = given
    return manifest


@pytest.mark.parametrize("name", RECORDED)
def test_katibs_defaults_make_no_difference(name: str) -> None:
    """Whether they were written or filled in."""
    stored = recording.read(name).manifest
    assert list(differences(stored, stored)) == []
    assert list(differences(silent(stored), stored)) == []


@pytest.mark.parametrize("name", VALID)
def test_a_manifest_is_its_own_search(name: str) -> None:
    """Of any kind."""
    assert list(differences(VALID[name](), VALID[name]())) == []


@pytest.mark.parametrize("collector", COLLECTORS)
def test_what_is_empty_makes_no_difference(collector: str) -> None:
    """Katib's webhook leaves out what Go calls empty, and what it does not know."""
    stored = rich("x", "image:1", collector=collector)
    written = copy.deepcopy(stored)
    written["spec"]["trialTemplate"]["retain"] = stored["spec"]["trialTemplate"].get("retain", False)
    written["spec"] |= {"nasConfig": None, "earlyStopping": stored["spec"].get("earlyStopping"), "x-note": 1}
    assert list(differences(written, stored)) == []


@pytest.mark.parametrize("field", EDITABLE)
def test_what_may_be_edited_makes_no_difference(field: str) -> None:
    """Somebody gave the running search a larger budget: it is the same search."""
    edited = changed(copy.deepcopy(STORED), {f"spec.{field}": 9})
    assert list(differences(STORED, edited)) == []


def test_labels_that_katib_knows_make_no_difference() -> None:
    """Of the training operator's kinds it knows which pod counts."""
    job = changed(copy.deepcopy(STORED), {f"{JOB}.kind": "TFJob", f"{JOB}.apiVersion": "kubeflow.org/v1"})
    labels = {"training.kubeflow.org/job-role": "master"}
    filled = changed(copy.deepcopy(job), {"spec.trialTemplate.primaryPodLabels": labels})
    assert list(differences(job, filled)) == []
    assert list(differences(filled, job)) == [
        "spec.trialTemplate.primaryPodLabels is absent, not " + repr(labels)
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.algorithm.algorithmName", "tpe", "spec.algorithm.algorithmName is 'tpe', not 'random'"),
        ("spec.objective.goal", 0.1, "spec.objective.goal is 0.1, not absent"),
        ("spec.objective.goal", 0, "spec.objective.goal is 0, not absent"),
        ("spec.objective.type", "maximize", "spec.objective.type is 'maximize', not 'minimize'"),
        ("spec.parameters[0].feasibleSpace.max", "7", "spec.parameters[0].feasibleSpace.max is '7'"),
        ("spec.parameters", [], "spec.parameters is absent"),
        ("spec.resumePolicy", "LongRunning", "spec.resumePolicy is 'LongRunning', not 'Never'"),
        ("spec.trialTemplate.retain", True, "spec.trialTemplate.retain is True, not absent"),
        (f"{JOB}.spec.backoffLimit", 6, f"{JOB}.spec.backoffLimit is 6, not 0"),
        (f"{JOB}.spec.suspend", False, f"{JOB}.spec.suspend is False, not absent"),
        ("spec.objective.metricStrategies", [{"name": "loss", "value": "latest"}], "metricStrategies"),
        ("spec.nasConfig", {"graphConfig": {"numLayers": 8}}, "spec.nasConfig is {'graphConfig'"),
    ],
)
def test_another_search_is_told_by_its_field(path: str, value: object, said: str) -> None:
    """With both values."""
    other = changed(copy.deepcopy(STORED), {path: value})
    assert any(said in each for each in differences(STORED, other))


def test_the_hash_follows_the_manifest() -> None:
    """Another search of the same name is told by its hash, whatever run it belongs to."""
    one, same, other = (load(small("x", image)) for image in ("a:1", "a:1", "b:1"))
    of_one, of_same, of_other = (
        labelled(each, "team", Identity(run))["metadata"]["labels"][HASH_LABEL]
        for each, run in ((one, ""), (same, "r"), (other, ""))
    )
    assert of_one == of_same != of_other


def test_labels_join_those_of_the_manifest() -> None:
    """Run and step beside what the user wrote; the namespace is that of the connection."""
    manifest = small("x", "a:1")
    manifest["metadata"]["labels"] = {"team": "sim"}
    experiment = load(manifest)
    stored = labelled(experiment, "team", Identity("r1", "tune"))["metadata"]
    assert (stored["namespace"], stored["labels"]["team"]) == ("team", "sim")
    assert (stored["labels"][RUN], stored["labels"][TASK]) == ("r1", "tune")
    assert "annotations" not in stored


def test_a_step_in_a_loop_has_its_whole_name_in_an_annotation() -> None:
    """The label holds what Kubernetes takes of it."""
    experiment, step = load(small("x", "a:1")), "loop.iterations(0:0).tune"
    stored = labelled(experiment, "team", Identity("r1", step))["metadata"]
    assert stored["annotations"] == {TASK: step}
    assert stored["labels"][TASK].startswith("loop-iterations-0-0-tune-")


def test_a_runs_experiments_are_selected_by_two_labels() -> None:
    """Ours, and of this run, whatever text its id is."""
    assert run_selector("r1") == f"app.kubernetes.io/managed-by={MANAGER},{RUN}=r1"
    experiment = load(small("x", "a:1"))
    label = labelled(experiment, "team", Identity("a run"))["metadata"]["labels"][RUN]
    assert run_selector("a run").endswith(f",{RUN}={label}")

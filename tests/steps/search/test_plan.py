# SPDX-License-Identifier: Apache-2.0
"""What will run follows from the manifest and the arguments alone."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError, ManifestError
from kfp_katib.steps.search.plan import LARGEST_MANIFEST, Plan, RunContext, plan
from tests.builders.manifest import MODEL, manifest

RUN = Identity("run-1", "launch-katib")


def planned(text: str = "", *, identity: Identity = RUN, overrides: Any = None, **around: Any) -> Plan:
    """The plan for a manifest in an ordinary context."""
    text = text or manifest(
        "train", "--lr=${trialParameters.lr}", f"--out={MODEL}", "--data=${pipeline.dataset}"
    )
    context = RunContext(**{"dataset": "/data", "models": "/models", "image": "image:1"} | around)
    return plan(text, context, identity=identity, overrides=overrides or {})


def container(plan: Plan) -> dict[str, Any]:
    """The container of a planned trial."""
    spec = plan.experiment.manifest["spec"]["trialTemplate"]["trialSpec"]
    box: dict[str, Any] = spec["spec"]["template"]["spec"]["containers"][0]
    return box


def test_every_placeholder_is_filled() -> None:
    """What runs is plain Katib: addresses and names stand in the command, trial parameters stay Katib's."""
    made = planned()
    name = made.experiment.name
    assert container(made)["command"] == [
        "train",
        "--lr=${trialParameters.lr}",
        f"--out=/models/{name}/${{trialParameters.trial}}",
        "--data=/data",
    ]
    assert container(made)["image"] == "image:1"


def test_the_name_is_the_manifests_own_with_a_digest_behind() -> None:
    """At most 40 characters, so that Katib's Service named after name and algorithm fits 63."""
    made = planned(manifest("train", "${trialParameters.lr}", name="a-name-of-exactly-thirty-chars"))
    assert re.fullmatch(r"a-name-of-exactly-thirty-ch-[0-9a-f]{12}", made.experiment.name)


def test_a_step_that_starts_again_finds_its_own_name() -> None:
    """The same run, step and manifest give the same name, wherever models and data are this time."""
    assert planned(models="/elsewhere").experiment.name == planned().experiment.name


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"identity": Identity("run-2", "launch-katib")}, id="another run"),
        pytest.param({"identity": Identity("run-1", "launch-katib-2")}, id="another step"),
        pytest.param({"overrides": {"max_trials": 2}}, id="another budget"),
        pytest.param({"text": manifest("other", "${trialParameters.lr}")}, id="another manifest"),
    ],
)
def test_another_search_has_another_name(other: dict[str, Any]) -> None:
    """So that two searches never adopt each other."""
    assert planned(**other).experiment.name != planned().experiment.name


def test_the_experiment_says_whose_it_is() -> None:
    """Its labels name run and step, by which clean_up finds it and nothing else."""
    metadata = planned().experiment.manifest["metadata"]
    assert metadata["labels"] == {"kfp-katib/run-id": "run-1", "kfp-katib/task": "launch-katib"}


def test_labels_of_the_manifest_stay() -> None:
    """Ours join those that the user wrote."""
    text = manifest("train", "${trialParameters.lr}").replace("metadata:", "metadata:\n  labels: {team: a}")
    assert planned(text).experiment.manifest["metadata"]["labels"]["team"] == "a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(manifest("train", f"--out={MODEL}", "${trialParameters.lr}"), True, id="named"),
        pytest.param(manifest("train", "${trialParameters.lr}"), False, id="not named"),
    ],
)
def test_a_manifest_that_names_the_models_folder_promises_models(text: str, expected: bool) -> None:
    """Whether a search without any model has failed depends on that."""
    assert planned(text).expects_model is expected


def test_relative_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial may run in a folder of its own; the addresses mean the folder of the launch."""
    monkeypatch.chdir(tmp_path)
    made = planned(models="models", dataset="data")
    assert made.models == str(tmp_path / "models")
    assert f"--data={tmp_path}/data" in container(made)["command"]


def test_addresses_of_stores_stay_as_they_are() -> None:
    """But for minio://, which only Kubeflow Pipelines understands."""
    made = planned(models="s3://bucket/models", dataset="minio://mlpipeline/v2/data")
    assert made.models == "s3://bucket/models"
    assert "--data=s3://mlpipeline/v2/data" in container(made)["command"]


def test_a_manifest_that_would_not_fit_is_refused() -> None:
    """A process argument holds 128 KiB, and the manifest is not alone in it."""
    text = manifest("train", "${trialParameters.lr}") + "#" * LARGEST_MANIFEST
    with pytest.raises(InputError, match="more than 100,000: it would not fit"):
        planned(text)


def test_a_placeholder_without_a_value_is_named() -> None:
    """The user learns which, and where it stands."""
    with pytest.raises(InputError, match=r"\$\{pipeline\.models\} has no value"):
        planned(models="")


def test_a_manifest_with_errors_starts_nothing() -> None:
    """Every error in it is told at once."""
    with pytest.raises(ManifestError, match=r"maxTrialCount is -1(.|\n)*parallelTrialCount is -1"):
        planned(manifest("train", "${trialParameters.lr}", maxTrialCount=-1, parallelTrialCount=-1))


def test_what_the_installation_needs_is_in_the_trials_pods() -> None:
    """Environment, volumes and labels of trial_pod are merged; whole numbers are whole."""
    pod = {
        "tolerations": [{"key": "gpu", "effect": "NoExecute", "tolerationSeconds": 60}],
        "env": [{"name": "A", "value": "1"}],
    }
    made = planned(trial_pod=pod)
    assert container(made)["env"] == [{"name": "A", "value": "1"}]
    spec = made.experiment.manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    assert spec["tolerations"] == [{"key": "gpu", "effect": "NoExecute", "tolerationSeconds": 60}]


@pytest.mark.parametrize("env", [None, "A=b", {"A": "b"}, ["A"], [None], [{"name": "A", "value": math.nan}]])
def test_a_broken_trial_pod_is_refused_with_its_field(env: object) -> None:
    """Also where the store's endpoint is to be added to it."""
    with pytest.raises(ManifestError, match=r"trial_pod: 1 error.*\n.*trial_pod\.env"):
        planned(dataset=Dataset(), trial_pod={"env": env})


class Dataset:
    """A dataset artifact as Kubeflow Pipelines hands it on from its own object store."""

    uri = "minio://mlpipeline/data"
    metadata = {  # noqa: RUF012
        "store_session_info": json.dumps(
            {"Provider": "minio", "Params": {"endpoint": "seaweedfs:9000", "disableSSL": "true"}}
        )
    }


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        pytest.param({"dataset": Dataset()}, "http://seaweedfs:9000", id="the dataset's own store"),
        pytest.param({"dataset": Dataset(), "s3_endpoint": "https://s3"}, "https://s3", id="named"),
    ],
)
def test_trials_learn_where_the_object_store_is(around: dict[str, Any], expected: str) -> None:
    """Without it they would look for the pipeline's bucket at Amazon."""
    assert {"name": "AWS_ENDPOINT_URL", "value": expected} in container(planned(**around))["env"]


def test_an_endpoint_of_the_installation_wins() -> None:
    """Where trial_pod already says where the store is, nothing is added."""
    own = {"name": "AWS_ENDPOINT_URL", "value": "http://own"}
    assert container(planned(dataset=Dataset(), trial_pod={"env": [own]}))["env"] == [own]


def test_overrides_change_algorithm_and_budget() -> None:
    """A pipeline's parameters can shrink a search without a second manifest."""
    made = planned(overrides={"algorithm": "random", "max_trials": 2, "parallel_trials": 1}).experiment
    assert (made.algorithm.name, made.max_trial_count, made.parallel_trial_count) == ("random", 2, 1)


def test_overrides_stand_instead_of_the_manifests_fields() -> None:
    """A manifest may leave to the pipeline what the pipeline gives."""
    text = manifest("train", "${trialParameters.lr}", maxTrialCount=None, algorithm={"algorithmName": "gird"})
    made = planned(text, overrides={"max_trials": 2, "algorithm": "grid"}).experiment
    assert (made.max_trial_count, made.algorithm.name) == (2, "grid")


def test_a_count_may_arrive_as_text() -> None:
    """Kfp makes text of a pipeline's parameter inside a dictionary."""
    assert planned(overrides={"max_trials": "2"}).experiment.max_trial_count == 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        pytest.param({"max_trial": 2}, r"'max_trial'\. Did you mean 'max_trials'", id="misspelt"),
        pytest.param({"max_trials": 2.5}, r"max_trials is 2\.5\. Give a whole number", id="not whole"),
        pytest.param({"parallel_trials": -1}, r"parallel_trials is -1", id="negative"),
        pytest.param({"max_trials": "9" * 5000}, r"max_trials is '9999.*Give a whole", id="too large"),
        pytest.param([2], r"overrides is \[2\]\. Give a mapping of algorithm", id="no mapping"),
        pytest.param({"max_trials": None, "parallel_trials": [2]}, r"is \[2\]", id="a list"),
    ],
)
def test_overrides_that_mean_nothing_are_refused(overrides: Any, message: str) -> None:
    """With the nearest name that means something."""
    with pytest.raises(InputError, match=message):
        planned(overrides=overrides)

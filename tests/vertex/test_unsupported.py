# SPDX-License-Identifier: Apache-2.0
"""What Vertex AI cannot run is refused with its field and the mend; what it does otherwise is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from kfp_katib.experiment.model import Experiment
from kfp_katib.vertex.machine import Machine
from kfp_katib.vertex.unsupported import notes, refusals
from tests.builders import experiment as build
from tests.builders.manifest import ABSENT, CONTAINER, POD, double
from tests.builders.vertex import LR, on_vertex

TRIAL = "spec.trialTemplate.trialSpec"
SECRET = {"secretKeyRef": {"name": "s", "key": "k"}}
VOLUME = {"name": "v", "persistentVolumeClaim": {"claimName": "c"}}
CONFIG_MAP = {
    TRIAL: ABSENT,
    "spec.trialTemplate.configMap": {"configMapName": "c", "configMapNamespace": "n", "templatePath": "p"},
    "spec.trialTemplate.successCondition": "status.ok",
    "spec.trialTemplate.failureCondition": "status.bad",
}
PYTORCH = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"lr": "${trialParameters.lr}"}}
SIDECAR = {"name": "side", "image": "side:1", "command": ["wait"]}
SCORES = r"(a b|loss)\s*=\s*(\d+)"


def refused(experiment: Experiment, machine: Machine = Machine()) -> list[str]:  # noqa: B008  (frozen)
    """The refusals, as far as a reader needs them."""
    return [f"{each.path}: {each.message} {each.fix}" for each in refusals(experiment, machine)]


REFUSED: list[tuple[Mapping[str, Any], str]] = [
    (
        {"spec.algorithm.algorithmName": "sobol"},
        r"algorithmName: Vertex AI has no 'sobol'\. Take one of random, grid",
    ),
    (
        {"spec.metricsCollectorSpec": {"collector": {"kind": "Push"}}},
        r"collector\.kind: 'Push' .* StdOut, File, Tensor",
    ),
    (CONFIG_MAP, r"spec\.trialTemplate\.configMap: .* Write it into the manifest, as trialSpec"),
    ({TRIAL: PYTORCH}, r"trialSpec: PyTorchJob of 'kubeflow\.org/v1' .* as a Job of batch/v1"),
    (
        {f"{POD}.spec.containers[1]": SIDECAR},
        r"spec\.containers: side would run beside 'training'; .* Leave the",
    ),
    ({f"{POD}.spec.initContainers": [SIDECAR]}, r"spec\.initContainers: .* in the image or in the command"),
    (
        {f"{CONTAINER}.image": "train:${trialParameters.lr}"},
        r"containers\[0\]\.image: It is 'train:\$.* one image",
    ),
    ({f"{CONTAINER}.envFrom": [{"secretRef": {"name": "s"}}]}, r"containers\[0\]\.envFrom: .* into env"),
    (
        {f"{CONTAINER}.env": [{"name": "KEY", "valueFrom": SECRET}]},
        r"env\[0\]\.valueFrom: KEY comes .* Secret Manager",
    ),
    (
        {f"{CONTAINER}.env": [{"name": "A.B", "value": "1"}]},
        r"env\[0\]\.name: The name is 'A\.B'\. Rename it",
    ),
    (
        {f"{CONTAINER}.env": [{"name": f"V{i}", "value": "1"} for i in range(101)]},
        r"\.env: There are 101 .* takes 100",
    ),
    (
        {f"{CONTAINER}.resources": {"limits": {"nvidia.com/gpu": "1"}}},
        r"nvidia\.com/gpu: .* Give accelerator_type",
    ),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[words[:24] for _, words in REFUSED])
def test_what_vertex_ai_cannot_run_is_refused(changes: Mapping[str, Any], words: str) -> None:
    """The message names the field and the value, and says what to do."""
    (message,) = refused(on_vertex(changes))
    assert re.search(words, message)


def test_a_volume_is_refused_where_it_is_and_where_it_is_mounted() -> None:
    """A bucket is there without being mounted."""
    changes = {
        f"{POD}.spec.volumes": [VOLUME],
        f"{CONTAINER}.volumeMounts": [{"name": "v", "mountPath": "/v"}],
    }
    messages = refused(on_vertex(changes))
    assert [message.partition(":")[0].rpartition(".")[2] for message in messages] == [
        "volumes",
        "volumeMounts",
    ]
    assert all("below /gcs/<bucket>" in message for message in messages)


def test_an_image_whose_command_nobody_knows_is_refused() -> None:
    """The entry point starts the manifest's command, and the image's own is out of its reach."""
    changes = {f"{CONTAINER}.command": ABSENT, f"{CONTAINER}.args": ["--lr=${trialParameters.lr}"]}
    (message,) = refused(on_vertex(changes))
    assert re.search(
        r"containers\[0\]\.command: Container 'training' has no command, .* Write the command", message
    )


def test_a_metric_with_white_space_is_refused() -> None:
    """Katib takes one where the manifest's own filter finds it; Vertex AI takes none."""
    source = {"filter": {"metricsFormat": [SCORES]}}
    changes = {"spec.objective.objectiveMetricName": "a b", "spec.metricsCollectorSpec": {"source": source}}
    (message,) = refused(on_vertex(changes))
    assert re.search(r"objectiveMetricName: 'a b' holds white space\. Take it out", message)


@pytest.mark.parametrize(
    ("experiment", "field"),
    [
        (build.experiment("darts", ()), "spec.nasConfig: "),
        (build.experiment(budget=None), "spec.maxTrialCount: "),
    ],
)
def test_a_search_that_a_study_cannot_express_is_refused(experiment: Experiment, field: str) -> None:
    """An architecture search, and one without an end."""
    assert any(message.startswith(field) for message in refused(experiment))


def test_a_search_space_is_refused_parameter_by_parameter() -> None:
    """Each by its own place in the manifest."""
    parameters = [
        LR,
        double("momentum", "0", "1", distribution="normal"),
        double("width", "0", "1", step="0.0001"),
    ]
    messages = refused(on_vertex(parameters=parameters))
    assert [message.partition(":")[0] for message in messages] == [
        "spec.parameters[1].feasibleSpace.distribution",
        "spec.parameters[2].feasibleSpace.step",
    ]


def test_everything_is_refused_at_once() -> None:
    """Nobody wants to start five times to hear of five things."""
    changes = {
        "spec.algorithm.algorithmName": "sobol",
        "spec.metricsCollectorSpec": {"collector": {"kind": "Push"}},
        f"{POD}.spec.volumes": [VOLUME],
        f"{CONTAINER}.env": [{"name": "KEY", "valueFrom": SECRET}],
    }
    parameters = [double("lr", "0", "1", distribution="normal")]
    found = refusals(on_vertex(changes, parameters=parameters), Machine(accelerator_type="NVIDIA_L4"))
    assert len(found) == 6
    assert {(each.rule, each.severity) for each in found} == {("not-on-vertex", "error")}


@pytest.mark.parametrize("algorithm", ["random", "grid", "tpe", "multivariate-tpe", "bayesianoptimization"])
def test_what_vertex_ai_can_run_is_let_pass(algorithm: str) -> None:
    """Five of Katib's algorithms, and the fields of a Job that change nothing in the container."""
    changes = {
        f"{POD}.spec.tolerations": [{"operator": "Exists"}],
        f"{TRIAL}.spec.activeDeadlineSeconds": 60,
        f"{CONTAINER}.workingDir": "/work",
        f"{CONTAINER}.env": [{"name": "SEED", "value": "${trialParameters.lr}"}],
    }
    parameters = [double("lr", "0.1", "0.5", step="0.1")]
    spec = {"algorithm": {"algorithmName": algorithm}}
    assert refused(on_vertex(changes, parameters=parameters, **spec)) == []


NOTES: list[tuple[Mapping[str, Any], str]] = [
    ({"spec.algorithm.algorithmName": "tpe"}, r"^Vertex AI has no tpe: its own Bayesian optimization"),
    (
        {"spec.algorithm.algorithmSettings": [{"name": "random_state", "value": "1"}]},
        r"Settings .*: random_state\.$",
    ),
    (
        {"spec.objective.goal": 0.01},
        r"^Vertex AI has no goal: all 3 trials run, whether or not loss reaches 0\.01\.$",
    ),
    (
        {"spec.maxFailedTrialCount": 0},
        r"^Vertex AI may count a trial whose loss is not a number towards maxFailedTrialCount \(0\); Katib",
    ),
    (
        {"spec.earlyStopping": {"algorithmName": "medianstop"}},
        r"^Vertex AI has no medianstop: trials run to their end\.$",
    ),
    (
        {"spec.objective.additionalMetricNames": ["acc", "f1"]},
        r"^Vertex AI does not show acc, f1; .* record has them",
    ),
    ({"spec.resumePolicy": "FromVolume"}, r"^resumePolicy FromVolume has no effect"),
    ({"spec.trialTemplate.successCondition": "status.succeeded"}, r"^A trial's exit code decides"),
    ({f"{POD}.spec.tolerations": [{"operator": "Exists"}]}, r"^Without effect.*: tolerations\.$"),
    ({f"{CONTAINER}.resources": {"requests": {"cpu": "1"}}}, r"^Without effect.*: resources\.$"),
]


@pytest.mark.parametrize(("changes", "words"), NOTES, ids=[words[:24] for _, words in NOTES])
def test_what_is_otherwise_is_told(changes: Mapping[str, Any], words: str) -> None:
    """In one sentence: it runs, but nobody should be surprised."""
    (note,) = notes(on_vertex(changes, maxFailedTrialCount=None))
    assert re.search(words, note)


@pytest.mark.parametrize(
    ("kind", "texts"), [("categorical", ["a", "b", "a"]), ("discrete", ["0.1", "2", "0.10"])]
)
def test_a_repeated_value_is_told(kind: str, texts: list[str]) -> None:
    """In Katib it is tried twice as often."""
    act = {"name": "act", "parameterType": kind, "feasibleSpace": {"list": texts}}
    assert notes(on_vertex(parameters=[LR, act], maxFailedTrialCount=None)) == (
        "The list of act has a value more than once; Vertex AI tries it no more often for that.",
    )


def test_what_is_the_same_needs_no_note() -> None:
    """GPUs are there, and what a Job says about its pod is moot."""
    changes = {
        f"{CONTAINER}.resources": {"limits": {"nvidia.com/gpu": "1"}},
        f"{POD}.metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}},
    }
    assert notes(on_vertex(changes, maxFailedTrialCount=None)) == ()

# SPDX-License-Identifier: Apache-2.0
"""What an installation adds to the trials' pods."""

from __future__ import annotations

import math
from typing import Any

import pytest

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment import load, render
from kfp_katib.experiment.pods import pod_templates
from tests.builders.manifest import CONTAINER, POD, changed
from tests.builders.valid import config_map, pytorch_job, random, train_job

SECRET = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "token"}}}
CLAIM = {"name": "models", "persistentVolumeClaim": {"claimName": "models"}}
MOUNT = {"name": "models", "mountPath": "/models"}


def merged(trial_pod: dict[str, Any], manifest: dict[str, Any] | None = None) -> dict[str, Any]:
    """The first pod template after merging."""
    rendered = render(load(manifest or random()), trial_pod=trial_pod)
    (_, pod), *_ = pod_templates(rendered.manifest["spec"]["trialTemplate"]["trialSpec"])
    return pod


def test_everything_finds_its_place() -> None:
    """The container's fields go to the container, the pod's to the pod, labels to the metadata."""
    pod = merged(
        {
            "labels": {"mount-eos": "true"},
            "annotations": {"a": "b"},
            "env": [SECRET],
            "volumes": [CLAIM],
            "volumeMounts": [MOUNT],
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "nodeSelector": {"zone": "a"},
            "imagePullSecrets": [{"name": "registry"}],
            "serviceAccountName": "trainer",
        }
    )
    container = pod["spec"]["containers"][0]
    assert pod["metadata"] == {
        "labels": {"mount-eos": "true", "sidecar.istio.io/inject": "false"},
        "annotations": {"a": "b"},
    }
    assert container["env"] == [SECRET]
    assert container["volumeMounts"] == [MOUNT]
    assert pod["spec"]["volumes"] == [CLAIM]
    assert pod["spec"]["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert pod["spec"]["nodeSelector"] == {"zone": "a"}
    assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert pod["spec"]["serviceAccountName"] == "trainer"


def test_things_of_one_name_are_replaced_and_others_kept() -> None:
    """The installation knows better than the manifest where its volumes are."""
    manifest = changed(
        random(),
        {
            f"{CONTAINER}.env": [{"name": "TOKEN", "value": "x"}, {"name": "MODE", "value": "fast"}],
            f"{CONTAINER}.volumeMounts": [{"name": "other", "mountPath": "/models"}],
            f"{POD}.spec.volumes": [{"name": "models", "emptyDir": {}}, {"name": "other", "emptyDir": {}}],
            f"{POD}.spec.tolerations": [{"key": "gpu", "operator": "Exists"}],
        },
    )
    added = {
        "env": [SECRET],
        "volumes": [CLAIM],
        "volumeMounts": [MOUNT],
        "tolerations": [{"operator": "Exists"}],
    }
    pod = merged(added, manifest)
    assert pod["spec"]["containers"][0]["env"] == [{"name": "MODE", "value": "fast"}, SECRET]
    assert pod["spec"]["containers"][0]["volumeMounts"] == [MOUNT]
    assert pod["spec"]["volumes"] == [{"name": "other", "emptyDir": {}}, CLAIM]
    assert pod["spec"]["tolerations"] == [{"key": "gpu", "operator": "Exists"}, {"operator": "Exists"}]


def test_a_container_may_run_before_the_trial() -> None:
    """A login or a download; one of the manifest's own stays, unless it has the same name."""
    present = [{"name": "unpack", "image": "busybox"}, {"name": "login", "image": "old"}]
    login = {"name": "login", "image": "new", "command": ["login"]}
    pod = merged({"initContainers": [login]}, changed(random(), {f"{POD}.spec.initContainers": present}))
    assert pod["spec"]["initContainers"] == [present[0], login]


def test_resources_are_merged_key_by_key() -> None:
    """A limit more does not lose the others."""
    manifest = changed(random(), {f"{CONTAINER}.resources": {"limits": {"cpu": "2"}}})
    pod = merged({"resources": {"limits": {"nvidia.com/gpu": 1}}}, manifest)
    assert pod["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "2", "nvidia.com/gpu": 1}}


def test_lists_of_plain_values_are_joined() -> None:
    """They have no names; what is there already is not there twice."""
    manifest = changed(random(), {f"{POD}.spec.securityContext": {"supplementalGroups": [1, 2]}})
    pod = merged({"securityContext": {"supplementalGroups": [2, 3]}}, manifest)
    assert pod["spec"]["securityContext"] == {"supplementalGroups": [1, 2, 3]}


def test_names_that_are_no_text_in_other_kinds_are_left_alone() -> None:
    """Their pods have no types; a volume whose name is a list is not ours to judge."""
    manifest = pytorch_job()
    replicas = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["pytorchReplicaSpecs"]
    replicas["Master"]["template"]["spec"]["volumes"] = [{"name": ["a"]}, "b"]
    pod = merged({"volumes": [CLAIM]}, manifest)
    assert pod["spec"]["volumes"] == [{"name": ["a"]}, "b", CLAIM]


def test_merging_twice_is_merging_once() -> None:
    """A step that is retried renders the same manifest."""
    added = {"env": [SECRET], "tolerations": [{"key": "gpu"}], "labels": {"a": "b"}}
    once = render(load(random()), trial_pod=added)
    assert render(once, trial_pod=added) == once


def test_only_the_primary_container_gets_the_containers_fields() -> None:
    """A sidecar needs no credentials."""
    sidecar = {"name": "sidecar", "image": "example.org/sidecar:1"}
    pod = merged({"env": [SECRET]}, changed(random(), {f"{POD}.spec.containers[1]": sidecar}))
    assert pod["spec"]["containers"][1] == sidecar


def test_every_replica_is_completed() -> None:
    """Master and workers of a PyTorchJob read the same data."""
    rendered = render(load(pytorch_job()), trial_pod={"volumes": [CLAIM], "volumeMounts": [MOUNT]})
    pods = [pod for _, pod in pod_templates(rendered.manifest["spec"]["trialTemplate"]["trialSpec"])]
    assert [pod["spec"]["volumes"] for pod in pods] == [[CLAIM], [CLAIM]]
    assert [pod["spec"]["containers"][0]["volumeMounts"] for pod in pods] == [[MOUNT], [MOUNT]]


@pytest.mark.parametrize(("make", "kind"), [(train_job, "kind TrainJob"), (config_map, "a ConfigMap")])
def test_a_trial_without_a_pod_template_refuses_it(make: Any, kind: str) -> None:
    """Rather than leaving out a volume in silence."""
    with pytest.raises(InputError, match=f"cannot be merged into a trial .*{kind}"):
        render(load(make()), trial_pod={"labels": {"a": "b"}})
    assert render(load(make()), trial_pod={}).manifest == make()


@pytest.mark.parametrize(
    ("trial_pod", "message"),
    [
        ({"volume": []}, "trial_pod.volume: Unknown field 'volume'. Did you mean 'volumes'?"),
        ({"env": {"A": "b"}}, "trial_pod.env: Expected a list, not a mapping"),
        ({"labels": {"a": True}}, 'trial_pod.labels.a: Expected text, not true. Quote it: "true"'),
        ({"labels": {"a": math.nan}}, "trial_pod.labels.a: The number is nan"),
        ({"env": [{"name": "A", "value": math.inf}]}, "trial_pod.env[0].value: The number is inf"),
        ({"tolerations": [{"tolerationSeconds": 10**30}]}, "trial_pod.tolerations[0].tolerationSeconds"),
        ({"env": None}, "trial_pod.env: The value is null"),
        ({"env": [None]}, "trial_pod.env[0]: The value is null"),
        ({"volumes": [{"name": "a", "emptyDir": None}]}, "trial_pod.volumes[0].emptyDir: The value is null"),
        ({"labels": {1: "a"}}, "trial_pod.labels: The key 1 is not text"),
        ({"labels": {"a": "\ud800"}}, "trial_pod.labels.a: The text holds half of a Unicode surrogate"),
        ({"labels": {"a": {1}}}, "trial_pod.labels.a: The value has the type set"),
        ({"env": "A=b"}, "trial_pod.env: Expected a list, not 'A=b'"),
        ({"env": ["A=b"]}, "trial_pod.env[0]: Expected a mapping, not 'A=b'"),
        ("env", "trial_pod: Expected a mapping, not 'env'"),
        (["env"], "trial_pod: Expected a mapping, not a list"),
        (math.nan, "trial_pod: The number is nan"),
    ],
)
def test_a_wrong_field_is_named(trial_pod: Any, message: str) -> None:
    """With its path, as in a manifest."""
    with pytest.raises(ManifestError) as caught:
        render(load(random()), trial_pod=trial_pod)
    assert message in str(caught.value)

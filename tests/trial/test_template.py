# SPDX-License-Identifier: Apache-2.0
"""From the trial template to the container of one trial, and its deadline."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, load
from kfp_katib.trial.template import Deadline, container, deadline
from tests.builders.search import manifest, search


def with_reference(reference: str) -> Experiment:
    """A search whose trial parameter `trial` refers to some of the trial's metadata."""
    document = manifest("echo ${trialParameters.lr} ${trialParameters.trial}")
    template = document["spec"]["trialTemplate"]
    template["trialParameters"][1]["reference"] = reference
    template["trialSpec"]["metadata"] = {"labels": {"team": "sim"}, "annotations": {"a.b/c": "note"}}
    return load(document)


def test_assignments_stand_where_the_placeholders_stood() -> None:
    """A value replaces its placeholder in command, args and env, several times if it stands there so."""
    experiment = search(
        "run ${trialParameters.lr} ${trialParameters.lr}",
        container={
            "args": ["--name=${trialParameters.trial}"],
            "env": [{"name": "LR", "value": "${trialParameters.lr}"}],
        },
    )
    box = container(experiment, "tune-x", {"lr": "1e-05"})
    assert box.command == ("sh", "-c", "run 1e-05 1e-05")
    assert box.args == ("--name=tune-x",)
    assert box.env == {"LR": "1e-05", "KATIB_TRIAL_NAME": "tune-x"}


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("${trialSpec.Name}", "tune-x"),
        ("${trialSpec.Namespace}", "default"),
        ("${trialSpec.Kind}", "Job"),
        ("${trialSpec.APIVersion}", "batch/v1"),
        ("${trialSpec.Labels[team]}", "sim"),
        ("${trialSpec.Annotations[a.b/c]}", "note"),
    ],
)
def test_metadata_of_the_trial_can_be_referred_to(reference: str, value: str) -> None:
    """A reference to `${trialSpec...}` gives the trial's name or what the template's metadata holds."""
    experiment = with_reference(reference)
    if "Namespace" in reference:
        value = experiment.namespace
    assert container(experiment, "tune-x", {"lr": "1"}).command[2] == f"echo 1 {value}"


def test_a_value_that_breaks_the_template_is_refused() -> None:
    """A quote in a value ends the JSON string it stands in, on Katib too; the message shows the value."""
    with pytest.raises(InputError, match=r"no longer JSON.*Quotes and backslashes"):
        container(search("echo ${trialParameters.lr}"), "tune-x", {"lr": 'a"b'})


def test_a_value_may_change_nothing_but_itself() -> None:
    """Dollar signs and braces of a value are not substituted again."""
    box = container(search("echo ${trialParameters.lr}"), "tune-x", {"lr": "${HOME}"})
    assert box.command[2] == "echo ${HOME}"


@pytest.mark.parametrize(
    ("resources", "gpus"),
    [
        ({}, 0),
        ({"limits": {"nvidia.com/gpu": 2}}, 2),
        ({"limits": {"nvidia.com/gpu": "1"}}, 1),
        ({"requests": {"cpu": "2"}}, 0),
    ],
    ids=["none", "limit", "text", "request"],
)
def test_the_gpus_that_a_trial_asks_for(resources: dict[str, Any], gpus: int) -> None:
    """The limit counts, as a number or as text."""
    experiment = search("echo ${trialParameters.lr}", container={"resources": resources})
    assert container(experiment, "tune-x", {"lr": "1"}).gpus == gpus


def test_fields_without_a_meaning_here_are_named() -> None:
    """Image, resources, volumes and variables from elsewhere are listed by their names."""
    secret = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    document = manifest("echo ${trialParameters.lr}", container={"env": [secret]})
    pod = document["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "v", "emptyDir": {}}]
    pod["containers"].append({"name": "side", "image": "x"})
    box = container(load(document), "tune-x", {"lr": "1"})
    assert box.unused == (
        "image",
        "env TOKEN (valueFrom)",
        "container 'side'",
        *sorted(("restartPolicy", "volumes"), key=lambda key: list(pod).index(key)),
        "backoffLimit",
    )
    assert box.foreign == ("TOKEN",)
    assert "TOKEN" not in box.env


def test_a_container_without_a_command_is_refused() -> None:
    """There is no image here whose entrypoint could be used."""
    experiment = search("", container={"command": None, "args": ["--lr=${trialParameters.lr}"]})
    with pytest.raises(InputError, match=r"no command.*Write the command into the manifest"):
        container(experiment, "tune-x", {"lr": "1"})


def test_another_kind_of_trial_is_refused() -> None:
    """The message says what kind it is and which kind runs here."""
    document = manifest("echo ${trialParameters.lr}")
    template = document["spec"]["trialTemplate"]
    job = template["trialSpec"]["spec"]["template"]
    template["trialSpec"] = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "spec": {"pytorchReplicaSpecs": {"Master": {"template": job}}},
    }
    with pytest.raises(InputError, match="PyTorchJob; the local engine runs an inline batch/v1 Job"):
        container(load(document), "tune-x", {"lr": "1"})


def test_the_shorter_deadline_counts() -> None:
    """A Job's and its pod's."""
    assert deadline({"activeDeadlineSeconds": 5}, {"activeDeadlineSeconds": 3}) == Deadline(3, "Pod")
    assert deadline({"activeDeadlineSeconds": 3}, {"activeDeadlineSeconds": 5}) == Deadline(3, "Job")
    assert deadline({}, {"activeDeadlineSeconds": None}) is None


@pytest.mark.parametrize("value", ["60", 1.5, -1, True, [], 10**400])
def test_a_deadline_that_is_no_number_of_seconds_is_refused(value: object) -> None:
    """With the field and the value, before anything runs."""
    with pytest.raises(InputError, match=r"spec\.activeDeadlineSeconds is .* whole number of seconds"):
        deadline({"activeDeadlineSeconds": value}, {})

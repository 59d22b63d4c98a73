# SPDX-License-Identifier: Apache-2.0
"""What Katib's webhook loses when it converts a Job.

`tests/engines/katib/live` asks a real one about the same cases.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kfp_katib.experiment.conversion import RULES
from kfp_katib.experiment.problem import Problem
from kfp_katib.experiment.structure import TRIAL_SPEC, check_structure
from tests.builders.manifest import changed
from tests.builders.valid import random

JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "spec": {
        "backoffLimit": 0,
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "training", "image": "i:1", "command": ["sh"]}],
            }
        },
    },
}

REFUSED: dict[str, tuple[str, Any, str]] = {
    "empty variable": ("container.env", [{"name": "A", "value": ""}], "job-empty-value"),
    "variable of null": ("container.env", [{"name": "A", "value": None}], "job-empty-value"),
    "no variables": ("container.env", [], "job-empty-value"),
    "no arguments": ("container.args", [], "job-empty-value"),
    "empty image": ("container.image", "", "job-empty-value"),
    "no limits": ("container.resources", {"limits": {}}, "job-empty-value"),
    "resources of null": ("container.resources", None, "job-empty-value"),
    "mount not read-only": (
        "container.volumeMounts",
        [{"name": "v", "mountPath": "/v", "readOnly": False}],
        "job-empty-value",
    ),
    "probe without delay": (
        "container.livenessProbe",
        {"httpGet": {"port": 80}, "initialDelaySeconds": 0},
        "job-empty-value",
    ),
    "no host network": ("pod.hostNetwork", False, "job-empty-value"),
    "node selector of null": ("pod.nodeSelector", None, "job-empty-value"),
    "security context of null": ("pod.securityContext", None, "job-empty-value"),
    "no labels": ("template.metadata", {"labels": {}}, "job-empty-value"),
    "creation time of null": ("template.metadata", {"creationTimestamp": None}, "job-empty-value"),
    "backoff limit of null": ("job.backoffLimit", None, "job-empty-value"),
    "size in another unit": (
        "pod.volumes",
        [{"name": "v", "emptyDir": {"sizeLimit": "1024Mi"}}],
        "job-quantity-form",
    ),
    "size with a fraction": (
        "pod.volumes",
        [{"name": "v", "emptyDir": {"sizeLimit": "1.5Gi"}}],
        "job-quantity-form",
    ),
    "size as a number": (
        "pod.volumes",
        [{"name": "v", "emptyDir": {"sizeLimit": 2048}}],
        "job-quantity-form",
    ),
    "size with zeros": (
        "pod.volumes",
        [{"name": "v", "emptyDir": {"sizeLimit": "1000M"}}],
        "job-quantity-form",
    ),
    "limit that is no quantity": (
        "container.resources",
        {"limits": {"memory": "16GB"}},
        "job-quantity-invalid",
    ),
    "limit from a placeholder": (
        "container.resources",
        {"requests": {"cpu": "${trialParameters.lr}"}},
        "job-quantity-invalid",
    ),
    "limit of no text": ("container.resources", {"limits": {"cpu": ""}}, "job-quantity-invalid"),
    "limit of true": ("container.resources", {"limits": {"cpu": True}}, "job-quantity-invalid"),
    "too many retries": ("job.backoffLimit", 2**31, "job-number-too-large"),
    "size that is no quantity": (
        "pod.volumes",
        [{"name": "v", "emptyDir": {"sizeLimit": "100Kib"}}],
        "job-quantity-invalid",
    ),
}
"""A field, a value for which Katib refuses the Job, and the rule that says so."""

ACCEPTED: dict[str, tuple[str, Any]] = {
    "variable without a value": ("container.env", [{"name": "A"}]),
    "numbers in limits": ("container.resources", {"limits": {"cpu": 1, "nvidia.com/gpu": 1}}),
    "limits in another unit": ("container.resources", {"limits": {"memory": "1024Mi", "cpu": 0.5}}),
    "limit of null": ("container.resources", {"limits": {"cpu": None}}),
    "limits in every notation": (
        "container.resources",
        {"limits": {"a/1": "1.", "a/2": ".5", "a/3": "+1", "a/4": "1e3", "a/5": "1E", "a/6": " 1n"}},
    ),
    "empty security context": ("pod.securityContext", {}),
    "no service account's token": ("pod.automountServiceAccountToken", False),
    "empty folder": ("pod.volumes", [{"name": "v", "emptyDir": {}}]),
    "folder of one gibibyte": ("pod.volumes", [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}]),
    "folder of 1536 mebibytes": ("pod.volumes", [{"name": "v", "emptyDir": {"sizeLimit": "1536Mi"}}]),
    "folder in powers of ten": ("pod.volumes", [{"name": "v", "emptyDir": {"sizeLimit": "1e9"}}]),
    "host folder of any type": ("pod.volumes", [{"name": "v", "hostPath": {"path": "/v", "type": ""}}]),
    "no projected sources": ("pod.volumes", [{"name": "v", "projected": {"sources": []}}]),
    "empty label": ("template.metadata", {"labels": {"a": ""}}),
    "empty metadata": ("template.metadata", {}),
    "not suspended": ("job.suspend", False),
    "no retries": ("job.backoffLimit", 0),
    "a long sleep": ("container.lifecycle", {"preStop": {"sleep": {"seconds": 2**31}}}),
    "user of a large domain": ("pod.securityContext", {"runAsUser": 2**31, "supplementalGroups": [2**31]}),
}
"""A field and a value that look alike and that Katib takes."""


def with_field(job: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """The Job with one field of its spec, its template, its pod or its first container set."""
    changed = copy.deepcopy(job)
    where, _, name = field.partition(".")
    template = changed["spec"]["template"]
    parts = {
        "job": changed["spec"],
        "template": template,
        "pod": template["spec"],
        "container": template["spec"]["containers"][0],
    }
    parts[where][name] = value
    return changed


def lost(field: str, value: Any) -> list[Problem]:
    """What the rules of conversion say of the Job with this field."""
    manifest = changed(random(), {TRIAL_SPEC: with_field(JOB, field, value)})
    ours = {rule.id for rule in RULES}
    return [problem for problem in check_structure(manifest).problems if problem.rule in ours]


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_is_lost_is_reported(case: str) -> None:
    """Each empty value or odd quantity gives exactly one error, by the rule that it breaks."""
    field, value, rule = REFUSED[case]
    problems = lost(field, value)
    assert [(problem.rule, problem.severity) for problem in problems] == [(rule, "error")]
    assert problems[0].path.startswith(f"{TRIAL_SPEC}.spec")


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_value_that_survives_is_not(case: str) -> None:
    """What Kubernetes' types keep is no problem, however empty it looks."""
    assert lost(*ACCEPTED[case]) == []

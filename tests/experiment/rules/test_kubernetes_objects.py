# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes takes although it looks like what it refuses; the refused cases are in the table."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.experiment import check
from tests.builders.manifest import CONTAINER, POD, changed
from tests.builders.valid import pytorch_job, random

SOUND: dict[str, dict[str, Any]] = {
    "labels with a domain": {f"{POD}.metadata.labels": {"sidecar.istio.io/inject": "false", "a": ""}},
    "a label from a placeholder": {
        f"{POD}.metadata.labels": {"sidecar.istio.io/inject": "false", "lr": "${trialParameters.lr}"}
    },
    "a request in another unit": {
        f"{CONTAINER}.resources": {
            "limits": {"memory": "1Gi", "cpu": 1, "hugepages-2Mi": "2Mi"},
            "requests": {"memory": "1e9", "cpu": "1000m", "hugepages-2Mi": "2Mi"},
        }
    },
    "a request without a limit": {f"{CONTAINER}.resources": {"requests": {"cpu": "2"}}},
    "a device asked for as it is limited": {
        f"{CONTAINER}.resources": {
            "limits": {"nvidia.com/gpu": 1},
            "requests": {"nvidia.com/gpu": "1"},
        }
    },
    "a mount with its volume": {
        f"{CONTAINER}.volumeMounts": [{"name": "data", "mountPath": "/data"}],
        f"{POD}.spec.volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    },
    "an init container": {f"{POD}.spec.initContainers": [{"name": "fetch", "image": "example.org/fetch:1"}]},
}
"""Changes to a valid manifest."""


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_job_has_no_findings(case: str) -> None:
    """Neither an error nor a warning."""
    assert check(changed(random(), SOUND[case])) == ()


def test_an_init_container_cannot_take_the_trainings_name() -> None:
    """The names of both kinds of containers are one set; the second of two is named."""
    taken = {f"{POD}.spec.initContainers": [{"name": "training", "image": "example.org/fetch:1"}]}
    found = [(problem.rule, problem.path) for problem in check(changed(random(), taken))]
    assert found == [("container-name-repeated", f"{CONTAINER}.name")]


@pytest.mark.parametrize("field", ["name", "volumeMounts[0].name"])
def test_a_name_of_any_type_is_judged(field: str) -> None:
    """Another trial kind's structure is its operator's affair: no rule may rely on it."""
    worker = "spec.trialTemplate.trialSpec.spec.pytorchReplicaSpecs.Worker.template.spec.containers[0]"
    mounted = changed(pytorch_job(), {f"{worker}.volumeMounts": [{"mountPath": "/data"}]})
    names: list[object] = [[], {}, 1, None]
    for name in names:
        check(changed(mounted, {f"{worker}.{field}": name}))

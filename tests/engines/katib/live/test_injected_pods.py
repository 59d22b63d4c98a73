# SPDX-License-Identifier: Apache-2.0
"""The pod as Katib's webhook leaves it: Kubernetes refuses it where our rules do, and takes its Job."""

from __future__ import annotations

import copy

import pytest
from kubernetes import client

from kfp_katib.experiment.model import Manifest
from kfp_katib.experiment.rules.injected import METRICS_VOLUME, injected
from tests.builders.valid import random
from tests.engines.katib.live.katib import Katib
from tests.experiment.cases import CASES, Case
from tests.experiment.rules.views import view_of

pytestmark = pytest.mark.cluster

BY_THE_POD = frozenset(
    {
        *("container-name-taken", "host-processes-shared", "image-blanks", "mount-path-taken"),
        "volume-name-taken",
    }
)


def _pod(manifest: Manifest) -> Manifest:
    """What Kubernetes gets to see, by our own model of Katib's part in it."""
    view = view_of(manifest)
    added = injected(view)
    pod = copy.deepcopy(dict(view.pods[0][1]))
    spec = pod["spec"]
    own = view.given["spec"].get("metricsCollectorSpec", {}).get("collector", {}).get("customCollector", {})
    spec["containers"].append({"image": "collector", **copy.deepcopy(own), "name": added.collector})
    spec["shareProcessNamespace"] = bool(added.collector)
    for mount in added.mounts:
        spec.setdefault("volumes", []).append({"name": mount.volume, "emptyDir": {}})
        for container in spec["containers"]:
            primary = container["name"] == view.template["primaryContainerName"]
            if primary or (mount.volume == METRICS_VOLUME and container["name"] == added.collector):
                place = {"name": mount.volume, "mountPath": mount.path}
                container.setdefault("volumeMounts", []).append(place)
    return {"metadata": {**pod.get("metadata", {}), "name": "trial"}, "spec": spec}


def _refusal(katib: Katib, pod: Manifest) -> str:
    try:
        client.CoreV1Api().create_namespaced_pod(katib.namespace, pod, dry_run="All")
    except client.ApiException as err:
        return str(err.body)
    return ""


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{case.rule}-{CASES.index(case)}") for case in CASES if case.rule in BY_THE_POD],
)
def test_kubernetes_refuses_the_pod_and_takes_the_job(case: Case, katib: Katib) -> None:
    """So the trial is Running for ever, with no pod."""
    job = case.manifest["spec"]["trialTemplate"]["trialSpec"]
    assert katib.job_refusal({**job, "metadata": {"name": "trial"}}) == ""
    assert "is invalid" in _refusal(katib, _pod(case.manifest))


def test_kubernetes_takes_the_pod_of_a_sound_manifest(katib: Katib) -> None:
    """The model itself breaks nothing."""
    assert _refusal(katib, _pod(random())) == ""

# SPDX-License-Identifier: Apache-2.0
"""What Katib's pod webhook adds to a trial's pod, kind by kind of collector and trial."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.experiment import check
from kfp_katib.experiment.model import Manifest
from kfp_katib.experiment.rules.injected import Injected, injected, is_primary
from tests.builders.manifest import changed
from tests.builders.valid import pbt, pytorch_job, random, replicated
from tests.experiment.rules.views import view_of


def _added(collector: dict[str, Any]) -> Injected:
    return injected(view_of(changed(random(), {"spec.metricsCollectorSpec": collector})))


def _source(path: str, kind: str = "File") -> dict[str, Any]:
    return {"fileSystemPath": {"path": path, "kind": kind}}


@pytest.mark.parametrize(
    ("collector", "name", "paths"),
    [
        ({}, "metrics-logger-and-collector", ["/var/log/katib"]),
        ({"collector": {"kind": "File"}}, "metrics-logger-and-collector", ["/var/log/katib"]),
        (
            {"collector": {"kind": "File"}, "source": _source("/a/../b//m.log")},
            "metrics-logger-and-collector",
            ["/b"],
        ),
        ({"collector": {"kind": "TensorFlowEvent"}}, "metrics-collector", ["/var/log/katib/tfevent/"]),
        ({"collector": {"kind": "Push"}}, "", []),
        ({"collector": {"kind": "Custom", "customCollector": {"name": "mine", "image": "i"}}}, "mine", []),
        (
            {
                "collector": {"kind": "Custom", "customCollector": {"name": "mine", "image": "i"}},
                "source": _source("/out", "Directory"),
            },
            "mine",
            ["/out"],
        ),
    ],
)
def test_each_collector_brings_its_container_and_its_folder(
    collector: dict[str, Any], name: str, paths: list[str]
) -> None:
    """The folder of a file is cleaned, that of events is taken as it is written."""
    added = _added(collector)
    assert (added.collector, [mount.path for mount in added.mounts]) == (name, paths)


def test_pbt_brings_the_suggestion_services_volume() -> None:
    """At the folder that its setting names, before the metrics."""
    assert [mount.volume for mount in injected(view_of(pbt())).mounts] == [
        "suggestion-volume",
        "metrics-volume",
    ]


@pytest.mark.parametrize(
    ("manifest", "primary"),
    [
        (random(), [True]),
        (pytorch_job(), [True, False]),
        (replicated("TFJob", "tfReplicaSpecs", "Worker", "PS"), [True, True]),
        (replicated("MPIJob", "mpiReplicaSpecs", "Launcher", "Worker"), [True, False]),
    ],
)
def test_only_the_masters_pod_is_the_trials_own(manifest: Manifest, primary: list[bool]) -> None:
    """The other roles' pods are left as they are."""
    view = view_of(manifest)
    assert [is_primary(view, path) for path, _ in view.pods] == primary


def test_a_workers_volume_may_lie_where_the_masters_metrics_do() -> None:
    """Nothing is mounted beside it."""
    worker = "spec.trialTemplate.trialSpec.spec.pytorchReplicaSpecs.Worker.template.spec"
    mounted = {
        f"{worker}.volumes": [{"name": "d", "emptyDir": {}}],
        f"{worker}.containers[0].volumeMounts": [{"name": "d", "mountPath": "/var/log/katib"}],
    }
    assert check(changed(pytorch_job(), mounted)) == ()

# SPDX-License-Identifier: Apache-2.0
"""Every way to hang that can be provoked on a cluster: what is said about it, and how soon."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import kubernetes
import pytest

from kfp_katib.engines.katib.diagnosis import monitor
from kfp_katib.errors import Stalled
from kfp_katib.experiment import load
from kfp_katib.experiment.model import Manifest
from tests.engines.katib.live.conftest import INJECTION
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import small
from tests.engines.katib.running import cancel, run

pytestmark = pytest.mark.cluster
GPU = {"nvidia.com/gpu": "1"}
Change = Callable[[Manifest], object]


def container(manifest: Manifest) -> dict[str, Any]:
    """The training container of a manifest."""
    found: dict[str, Any] = pod(manifest)["containers"][0]
    return found


def pod(manifest: Manifest) -> dict[str, Any]:
    """The pod's spec of a manifest."""
    found: dict[str, Any] = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    return found


def missing_image(manifest: Manifest) -> None:
    """An image that no registry has."""
    container(manifest)["image"] = "localhost/nobody-has-this:1"


def gpu(manifest: Manifest) -> None:
    """A GPU where there is none."""
    container(manifest)["resources"] = {"limits": GPU}


def missing_key(manifest: Manifest) -> None:
    """A variable from a key that its ConfigMap does not have."""
    reference = {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "token"}}
    container(manifest)["env"] = [{"name": "TOKEN", "valueFrom": reference}]


def endless_sidecar(manifest: Manifest) -> None:
    """A second container that never ends, as a service mesh's proxy."""
    proxy = {**container(manifest), "name": "proxy", "command": ["sleep", "3600"]}
    pod(manifest)["containers"].append(proxy)


def nan(manifest: Manifest) -> None:
    """A trial that diverges, in a search that needs another suggestion after it."""
    container(manifest)["command"] = ["sh", "-c", "sleep 2 && echo loss=nan ${trialParameters.lr}"]
    manifest["spec"] |= {"parallelTrialCount": 1}


def large(manifest: Manifest) -> None:
    """More memory than the namespace's limit for a container."""
    container(manifest)["resources"] = {"limits": {"memory": "8Gi"}}


CAUSES: list[tuple[Change, dict[str, Any], str]] = [
    (missing_image, {}, "has no image: .*nobody-has-this"),
    (gpu, {}, "no node can take pod .*Insufficient nvidia.com/gpu"),
    (missing_key, {}, "cannot start: .*couldn't find key token"),
    (endless_sidecar, {}, "has ended, but Katib waits for .*proxy"),
    (nan, {}, "suggests nothing: .*(ParseFloat.* nan|could not convert string to float).*katib#2723"),
    (gpu, {"ResourceQuota": {"hard": {"requests.nvidia.com/gpu": "0"}}}, "has no pod: .*exceeded quota"),
    (
        large,
        {"LimitRange": {"limits": [{"type": "Container", "max": {"memory": "4Gi"}}]}},
        "has no pod: .*maximum memory usage per Container is 4Gi",
    ),
    (
        gpu,
        {"ResourceQuota": {"hard": {"pods": "0"}}},
        "the suggestion service .* has no pod: .*exceeded quota",
    ),
]


@pytest.fixture
def place() -> Iterator[Callable[[dict[str, Any]], str]]:
    """A namespace of one test, with its limits."""
    core, name = kubernetes.client.CoreV1Api(), f"kfp-katib-test-{secrets.token_hex(3)}"

    def make(limits: dict[str, Any]) -> str:
        core.create_namespace({"metadata": {"name": name, "labels": INJECTION}})
        for kind, spec in limits.items():
            body = {"metadata": {"name": "limits"}, "spec": spec}
            quota = kind == "ResourceQuota"
            create = core.create_namespaced_resource_quota if quota else core.create_namespaced_limit_range
            create(name, body)
        while not core.list_namespaced_config_map(name).items:  # one test refers to kube-root-ca.crt
            time.sleep(0.1)
        return name

    yield make
    core.delete_namespace(name)


@pytest.mark.parametrize(
    ("change", "limits", "words"),
    CAUSES,
    ids=[f"{change.__name__} {'-'.join(limits)}".strip() for change, limits, _ in CAUSES],
)
def test_what_blocks_is_said_and_then_ends_the_search(
    change: Change,
    limits: dict[str, Any],
    words: str,
    place: Callable[[dict[str, Any]], str],
    katib: Katib,
    name: str,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    """First as a warning, with the words of whoever knows; then as the error."""
    namespace = place(limits)
    manifest = small(name, katib.image, prints="echo loss=${trialParameters.lr}")
    change(manifest)
    began = datetime.now(UTC).timestamp()
    with caplog.at_level(logging.WARNING), pytest.raises(Stalled, match=f"(?s){words}"):
        run(load(manifest), namespace=namespace, stall_timeout_seconds=50)
    said = next(record for record in caplog.records if record.name == monitor.__name__)
    record_property("seconds_to_warning", round(said.created - began, 1))
    record_property("sentence", said.getMessage())
    assert said.created - began < 120
    cancel(name, namespace=namespace)


def test_settings_that_the_service_refuses_end_the_search_with_its_words(katib: Katib, name: str) -> None:
    """Katib itself says `Suggestion has failed`; the why is in another resource."""
    experiment = load(small(name, katib.image))
    manifest = experiment.manifest
    manifest["spec"]["algorithm"]["algorithmName"] = "cmaes"  # which our own check would have refused
    result = run(replace(experiment, manifest_json=json.dumps(manifest)), namespace=katib.namespace)
    assert (result.state, result.reason) == ("Failed", "ExperimentFailed")
    assert "CMA-ES only supports two or more dimensional continuous search space" in result.message

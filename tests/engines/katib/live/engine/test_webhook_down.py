# SPDX-License-Identifier: Apache-2.0
"""Katib's webhooks do not answer, as when katib-controller is down.

Kubernetes meets webhooks of Katib's own names at an address where nobody listens; they are asked for one
namespace only, so that these tests run beside others.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import kubernetes
import pytest

from kfp_katib.engines.katib.diagnosis import monitor
from kfp_katib.errors import InputError, Stalled
from kfp_katib.experiment import load
from tests.engines.katib.live.conftest import INJECTION
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import small
from tests.engines.katib.running import cancel, run

pytestmark = pytest.mark.cluster
NOBODY = "https://127.0.0.1:1"
EXPERIMENTS = ("defaulter.experiment.katib.kubeflow.org", "kubeflow.org", "v1beta1", "experiments")
PODS = ("mutator.pod.katib.kubeflow.org", "", "v1", "pods")
Property = Callable[[str, object], None]


@pytest.fixture
def without_webhook(katib: Katib) -> Iterator[Callable[[tuple[str, str, str, str]], str]]:
    """A namespace in which the webhook of one resource does not answer."""
    core, admission = kubernetes.client.CoreV1Api(), kubernetes.client.AdmissionregistrationV1Api()
    name = f"kfp-katib-test-{secrets.token_hex(3)}"

    def make(about: tuple[str, str, str, str]) -> str:
        core.create_namespace({"metadata": {"name": name, "labels": INJECTION}})
        body = {"metadata": {"name": name}, "webhooks": [webhook(name, *about)]}
        admission.create_mutating_webhook_configuration(body)
        return name

    yield make
    admission.delete_mutating_webhook_configuration(name)
    core.delete_namespace(name)


def webhook(namespace: str, name: str, group: str, version: str, resource: str) -> dict[str, Any]:
    """One that is asked before anything of a resource is created in a namespace, and never answers."""
    rule = {"apiGroups": [group], "apiVersions": [version], "operations": ["CREATE"], "resources": [resource]}
    return {
        "name": name,
        "clientConfig": {"url": NOBODY},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }


def test_an_experiment_that_no_webhook_answers_for_is_not_created(
    without_webhook: Callable[[tuple[str, str, str, str]], str],
    katib: Katib,
    name: str,
    record_property: Property,
) -> None:
    """The pre-flight says what does not answer, once the request has been repeated a few times in vain."""
    namespace, began = without_webhook(EXPERIMENTS), time.monotonic()
    with pytest.raises(
        InputError, match="Katib's webhook does not answer: is the pod katib-controller"
    ) as told:
        run(load(small(name, katib.image)), namespace=namespace)
    seconds = time.monotonic() - began
    record_property("seconds", round(seconds, 1))
    record_property("sentence", str(told.value))
    assert "nothing was created" in str(told.value)
    assert f'failed calling webhook "{EXPERIMENTS[0]}"' in str(told.value)
    assert seconds < 60


def test_pods_that_no_webhook_answers_for_are_named_while_the_search_waits(
    without_webhook: Callable[[tuple[str, str, str, str]], str],
    katib: Katib,
    name: str,
    caplog: pytest.LogCaptureFixture,
    record_property: Property,
) -> None:
    """Katib itself stays Created for ever."""
    namespace, began = without_webhook(PODS), time.time()
    words = f'the suggestion service .* has no pod: .*failed calling webhook "{PODS[0]}"'
    with caplog.at_level(logging.WARNING), pytest.raises(Stalled, match=f"(?s){words}"):
        run(load(small(name, katib.image)), namespace=namespace, stall_timeout_seconds=50)
    said = next(record for record in caplog.records if record.name == monitor.__name__)
    record_property("seconds_to_warning", round(said.created - began, 1))
    record_property("sentence", said.getMessage())
    assert "is the pod katib-controller running?" in said.getMessage()
    assert said.created - began < 60
    cancel(name, namespace=namespace)

# SPDX-License-Identifier: Apache-2.0
"""A namespace of its own on the cluster of KUBECONFIG, deleted when the tests are done."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from tests.engines.katib.live.katib import Katib

INJECTION = {"katib.kubeflow.org/metrics-collector-injection": "enabled"}
IMAGE = "localhost/python:3.11"
"""The default of KFP_KATIB_TEST_IMAGE: any image with a shell and python3 that the nodes hold or can pull."""


@pytest.fixture(scope="session")
def katib() -> Iterator[Katib]:
    """The Experiments of a fresh namespace."""
    if "KUBECONFIG" not in os.environ:
        pytest.skip("needs a KUBECONFIG with a Katib in it")
    config.load_kube_config()
    core, name = client.CoreV1Api(), f"kfp-katib-test-{secrets.token_hex(3)}"
    core.create_namespace({"metadata": {"name": name, "labels": INJECTION}})
    image, runtime = os.environ.get("KFP_KATIB_TEST_IMAGE", IMAGE), _configuration(core)["runtime"]
    try:
        yield Katib(
            namespace=name,
            image=image,
            services={entry["algorithmName"]: entry["image"] for entry in runtime["suggestions"]},
            collectors=frozenset(entry["kind"] for entry in runtime["metricsCollectors"]),
            early_stopping=frozenset(entry["algorithmName"] for entry in runtime.get("earlyStoppings", [])),
        )
    finally:
        core.delete_namespace(name)


def _configuration(core: client.CoreV1Api) -> dict[str, Any]:
    """This Katib's configuration: which algorithms and collectors it has an image for."""
    where = os.environ.get("KATIB_NAMESPACE", "kubeflow")
    text = core.read_namespaced_config_map("katib-config", where).data["katib-config.yaml"]
    configuration: dict[str, Any] = yaml.safe_load(text)
    return configuration


@pytest.fixture
def training_image() -> str:
    """An image with the training package and what it needs, scikit-learn among it; it starts in /app."""
    if "KFP_KATIB_TEST_TRAINING_IMAGE" not in os.environ:
        pytest.skip("needs KFP_KATIB_TEST_TRAINING_IMAGE, an image that can run `python -m training.train`")
    return os.environ["KFP_KATIB_TEST_TRAINING_IMAGE"]


@pytest.fixture
def volume() -> Path:
    """A fresh folder that lies at the same path here and on the nodes.

    It stays: the trials of an Experiment that is being deleted may still write.
    """
    if "KFP_KATIB_TEST_VOLUME" not in os.environ:
        pytest.skip("needs KFP_KATIB_TEST_VOLUME, a folder that the nodes see under the same path")
    folder = Path(os.environ["KFP_KATIB_TEST_VOLUME"]) / f"test-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    return folder

# SPDX-License-Identifier: Apache-2.0
"""tune-pvc: data and models on a volume that steps and trials mount."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from pipelines.platforms.pvc import CLAIM
from tests.kfp.backend import DEPLOY, Backend, Run, verdict
from tests.kfp.searches import DATA, EXAMPLE, SHORT

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(900)]


@contextmanager
def allow_existing() -> Iterator[None]:
    """What an earlier run of the tests created serves as well."""
    try:
        yield
    except client.ApiException as error:
        if error.status != 409:
            raise


@pytest.fixture(scope="module")
def volume(backend: Backend) -> Path:
    """What the claim `kfp-katib` is bound to: a folder of the nodes that this machine sees as well."""
    if "KFP_KATIB_TEST_VOLUME" not in os.environ:
        pytest.skip("needs KFP_KATIB_TEST_VOLUME: see tests/kfp/__init__.py")
    folder = Path(os.environ["KFP_KATIB_TEST_VOLUME"]) / CLAIM
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)  # the images run as user 1000
    claim = yaml.safe_load((DEPLOY / "pvc.yaml").read_text())
    claim["spec"] |= {"storageClassName": "", "volumeName": CLAIM}
    disk = {
        "metadata": {"name": CLAIM},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": claim["spec"]["resources"]["requests"],
            "claimRef": {"name": CLAIM, "namespace": backend.namespace},
            "hostPath": {"path": str(folder)},
        },
    }
    with allow_existing():
        backend.core.create_persistent_volume(disk)
    with allow_existing():
        backend.core.create_namespaced_persistent_volume_claim(backend.namespace, claim)
    return folder


@pytest.fixture(scope="module")
def run(backend: Backend, volume: Path) -> Run:
    """A run that went well; the model is promoted on the volume."""
    assert volume
    run = backend.run(
        "tune-pvc.yaml", experiment=EXAMPLE, options=DATA, overrides=SHORT, release="/data/release"
    )
    assert run.finished() == "SUCCEEDED"
    return run


def test_the_trials_read_and_write_the_volume(run: Run, volume: Path) -> None:
    """The data lie where they were asked for, and the winner's checkpoint is the only one left."""
    (experiment,) = run.experiments()
    assert "Succeeded" in verdict(experiment)
    assert any((volume / "dataset").iterdir())
    about = run.handed("extract-best-model")["best_model"]["metadata"]
    left = [path.name for path in (volume / "models" / experiment["metadata"]["name"]).iterdir()]
    assert left == [about["trial"]]


def test_the_model_is_promoted_on_the_volume(run: Run, volume: Path) -> None:
    """A release place may be a folder."""
    assert "promote" in run.steps()
    assert (volume / "release" / "Generator.onnx").stat().st_size > 0

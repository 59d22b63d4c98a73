# SPDX-License-Identifier: Apache-2.0
"""What `render` makes is plain Katib: the real webhooks accept it and no field is lost."""

from __future__ import annotations

import pytest

from kfp_katib import load, render
from tests.engines.katib.live.katib import Katib
from tests.places import ROOT

pytestmark = pytest.mark.cluster

MANIFESTS = {
    "the example": ROOT / "training" / "experiment.yaml",
    "one's own": ROOT / "examples" / "digits" / "experiment.yaml",
    "CERN's": ROOT / "tests" / "data" / "cern.yaml",
}
TRIAL_POD = {
    "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}],
    "volumeMounts": [{"name": "models", "mountPath": "/models"}],
    "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "storage", "key": "key"}}}],
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
    "imagePullSecrets": [{"name": "registry"}],
}
"""What an installation adds to the trials' pods."""


@pytest.mark.parametrize("which", MANIFESTS)
def test_katib_accepts_the_rendered_manifest(which: str, katib: Katib) -> None:
    """Filled in and renamed, the manifest passes both webhooks, and Katib drops none of its fields."""
    rendered = render(
        load(MANIFESTS[which]),
        dataset="/data/showers.h5",
        models="/models",
        image="example.org/training:1",
        run_id="run-1",
        name="rendered",
    ).manifest
    stored = katib.admit(rendered)
    assert _missing(rendered["spec"], stored["spec"]) == []


def test_katib_accepts_what_an_installation_adds(katib: Katib) -> None:
    """Volumes, secrets and tolerations from `trial_pod` make a Job that Katib takes."""
    rendered = render(
        load(MANIFESTS["the example"]),
        dataset="/data/showers.h5",
        models="/models",
        image="example.org/training:1",
        trial_pod=TRIAL_POD,
    )
    assert katib.refusal(rendered.manifest) == ""


def _missing(wanted: object, stored: object, path: str = "spec") -> list[str]:
    """Paths of what one value holds and the other does not; Katib may add fields, and drops false."""
    if isinstance(wanted, dict) and isinstance(stored, dict):
        return [
            where
            for key, value in wanted.items()
            if value is not False
            for where in (
                _missing(value, stored[key], f"{path}.{key}") if key in stored else [f"{path}.{key}"]
            )
        ]
    if isinstance(wanted, list) and isinstance(stored, list) and len(wanted) <= len(stored):
        return [
            where for i, value in enumerate(wanted) for where in _missing(value, stored[i], f"{path}[{i}]")
        ]
    return [] if wanted == stored else [path]

# SPDX-License-Identifier: Apache-2.0
"""The Job that Kubernetes is asked about is one that Katib may well create."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib.first_trial import first_job
from kfp_katib.experiment import load
from tests.engines.katib.live.manifests import rich, small


def test_it_has_values_from_the_search_space() -> None:
    """The first of a list, else the smallest."""
    job = first_job(load(rich("x", "image:1")), "team")
    assert job
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["1 32 adam"]
    assert "${" not in str(job)


def test_it_is_called_like_a_trial() -> None:
    """Katib appends a dash and eight characters, which counts where names have a greatest length."""
    job = first_job(load(small("x", "image:1")), "team")
    assert job
    assert job["metadata"] == {"name": "x-00000000", "namespace": "team"}


@pytest.mark.parametrize(
    "template",
    [
        pytest.param({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {}}, id="another kind"),
        pytest.param(
            {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {}}, id="another group's Job"
        ),
        pytest.param(None, id="a ConfigMap"),
    ],
)
def test_other_trials_are_not_asked_about(template: dict[str, Any] | None) -> None:
    """Kubernetes may not know their kind, and their content may be out of reach."""
    manifest = small("x", "image:1")
    source = manifest["spec"]["trialTemplate"]
    source |= {"successCondition": "a", "failureCondition": "b"}
    text = "${trialParameters.lr}"
    if template:
        source["trialSpec"] = {**template, "spec": {"arguments": text}}
    else:
        del source["trialSpec"]
        source["configMap"] = {"configMapName": "c", "configMapNamespace": "n", "templatePath": "t"}
    assert first_job(load(manifest), "team") is None

# SPDX-License-Identifier: Apache-2.0
"""kubeflow-katib-api, whose pydantic models kfp_katib has installed beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubeflow_katib_api.models import V1beta1Experiment  # type: ignore[import-untyped]

from kfp_katib import load, render, run
from tests.builders.manifest import changed
from tests.builders.valid import VALID, random

LINE = "echo loss=${trialParameters.lr} ${trialParameters.units} ${trialParameters.optimizer}"


def test_an_experiment_of_the_models_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built, checked by pydantic, loaded as it is, and run in real trials."""
    monkeypatch.chdir(tmp_path)
    container = "spec.trialTemplate.trialSpec.spec.template.spec.containers[0]"
    manifest = changed(random(), {f"{container}.command": ["sh", "-c", LINE], "spec.objective.goal": None})
    experiment = render(load(V1beta1Experiment.from_dict(manifest)))
    result = run(experiment, engine="local", timeout_seconds=60)
    assert result.state == "Succeeded"
    assert result.best
    assert result.best.metrics["loss"].latest == result.best.parameters["lr"]


@pytest.mark.parametrize("name", VALID)
def test_there_and_back(name: str) -> None:
    """`to_katib` gives the model of every kind of manifest, and `load` gives the same Experiment again."""
    experiment = load(VALID[name]())
    model = experiment.to_katib()
    assert isinstance(model, V1beta1Experiment)
    assert load(model) == experiment


def test_a_field_that_katib_does_not_have_is_left_out() -> None:
    """The model has no place for it; what is inside a trial's Job stays, whatever it is."""
    experiment = load(changed(random(), {"spec.ourOwn": 1}))
    assert "ourOwn" not in experiment.to_katib().to_dict()["spec"]

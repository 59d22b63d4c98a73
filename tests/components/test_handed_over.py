# SPDX-License-Identifier: Apache-2.0
"""Artifacts as a cluster hands them to a step: without the name of their type, unlike kfp.local."""

from __future__ import annotations

from typing import Any

import pytest
from kfp.dsl.executor import Executor

import components

INPUTS = {
    "launch_katib": ["dataset"],
    "extract_best_model": ["best_model", "trials"],
    "evaluate_model": ["model", "dataset"],
    "promote": ["model"],
}
ADDRESS = "minio://mlpipeline/v2/artifacts/data"


@pytest.mark.parametrize(("step", "name"), [(step, name) for step, names in INPUTS.items() for name in names])
def test_a_step_takes_artifacts_without_the_name_of_their_type(step: str, name: str) -> None:
    """Kubeflow Pipelines 2.17 sends `"type": {"instanceSchema": ""}`; the step still gets its artifact."""
    sent = {"name": "1", "type": {"instanceSchema": ""}, "uri": ADDRESS, "metadata": {"units": "MeV"}}
    document: dict[str, Any] = {
        "inputs": {"artifacts": {name: {"artifacts": [sent]}}},
        "outputs": {"outputFile": "unused"},
    }
    executor = Executor(document, function_to_execute=getattr(components, step).python_func)
    artifact = executor.get_input_artifact(name)
    assert artifact.uri == ADDRESS
    assert artifact.metadata == {"units": "MeV"}

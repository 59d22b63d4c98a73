# SPDX-License-Identifier: Apache-2.0
"""tune-local on a cluster: the trials run inside the launcher's own pod, and no Katib is asked."""

from __future__ import annotations

import pytest

from tests.kfp.backend import Backend, Run
from tests.kfp.searches import DATA, EXAMPLE, SHORT

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def run(backend: Backend) -> Run:
    """A run that went well."""
    run = backend.run("tune-local.yaml", experiment=EXAMPLE, options=DATA, overrides=SHORT)
    assert run.finished() == "SUCCEEDED"
    return run


def test_the_trials_run_in_the_launchers_pod(run: Run) -> None:
    """The search has three trials, and the cluster knows no Experiment of this run."""
    assert run.experiments() == []
    assert "3/3 trials" in run.log("launch-katib")


def test_the_best_model_reaches_the_next_steps(run: Run) -> None:
    """It travels through the artifact store, since the pod's own disk is gone."""
    model = run.handed("extract-best-model")["best_model"]
    assert model["metadata"]["model"] == "collected"
    assert run.handed("evaluate-model")["model"]["metadata"]["framework"] == "onnx"

# SPDX-License-Identifier: Apache-2.0
"""A search whose trials fail."""

from __future__ import annotations

import pytest

from tests.kfp.backend import Backend, Run
from tests.kfp.searches import DATA, FAILING

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def run(backend: Backend) -> Run:
    """A run of tune-s3 that failed."""
    run = backend.run("tune-s3.yaml", experiment=FAILING, options=DATA)
    assert run.finished() == "FAILED"
    return run


def test_the_steps_log_has_the_trials_own_error(run: Run) -> None:
    """Nobody has to look for a trial's pod, which is gone: its last lines end the step's own error."""
    error = run.log("launch-katib").partition("Traceback")[2]
    assert "CUDA out of memory" in error
    assert "exit code 3" in error.lower()


def test_later_steps_do_not_run_and_the_exit_task_does(run: Run) -> None:
    """A failed search has no model to hand on; what it left is looked after."""
    steps = run.steps()
    assert "extract-best-model" not in steps
    assert "clean-up" in steps

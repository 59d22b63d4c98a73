# SPDX-License-Identifier: Apache-2.0
"""kubeflow 0.5: the Experiments that OptimizerClient submits, and those of its search space."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import InputError, load, render, run
from tests.sdk.conftest import Program

pytestmark = pytest.mark.timeout(300)


def test_what_it_submits_loads_and_is_refused_here_by_its_kind(
    submitted: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trials are TrainJobs, which need a cluster; the manifest itself is in order."""
    monkeypatch.chdir(tmp_path)
    experiment = render(load(submitted("kubeflow", "optimize.py")))
    assert [parameter.name for parameter in experiment.parameters] == ["lr", "optimizer"]
    with pytest.raises(InputError, match=r"TrainJob of 'trainer.kubeflow.org/v1alpha1' runs on Katib only"):
        run(experiment, engine="local", timeout_seconds=60)


def test_its_search_space_runs_here(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uniform, loguniform, choices and RandomSearch's seed, in an Experiment whose trials are Jobs."""
    monkeypatch.chdir(tmp_path)
    result = run(render(load(program("kubeflow", "optimize.py"))), engine="local", timeout_seconds=60)
    assert (result.state, len(result.trials)) == ("Succeeded", 3)
    for trial in result.trials:
        assert 0.001 <= float(trial.metrics["loss"].latest) <= 0.1
        assert 0.5 <= float(trial.parameters["momentum"]) <= 0.9
        assert trial.parameters["optimizer"] in ("adam", "sgd")

# SPDX-License-Identifier: Apache-2.0
"""Searches that these tests run, and how to read their trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kfp_katib import run
from kfp_katib.results import Result, Trial
from tests.builders.search import search


def only(result: Result) -> Trial:
    """The one trial of a search."""
    (trial,) = result.trials
    return trial


def by_lr(result: Result) -> dict[str, Trial]:
    """Trials by the value of their one parameter; a grid is walked in an order of its own."""
    return {trial.parameters["lr"]: trial for trial in result.trials}


def one(script: str, runs: Path, **changes: Any) -> Trial:
    """Runs a search of a single trial."""
    return only(run(search(script, maxTrialCount=1, **changes), runs=runs))


def unused_lr(script: str) -> dict[str, Any]:
    """A search parameter must be used: where the script does not, a variable does."""
    if "${trialParameters.lr}" in script:
        return {}
    return {"container": {"env": [{"name": "LR", "value": "${trialParameters.lr}"}]}}

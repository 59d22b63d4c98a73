# SPDX-License-Identifier: Apache-2.0
"""A Katib Experiment manifest: read, checked, filled in, written."""

from __future__ import annotations

from kfp_katib.experiment.check import check, load
from kfp_katib.experiment.model import (
    Algorithm,
    Collector,
    Experiment,
    FeasibleSpace,
    Objective,
    Parameter,
    TrialParameter,
    TrialTemplate,
)
from kfp_katib.experiment.override import override
from kfp_katib.experiment.problem import Problem
from kfp_katib.experiment.render import render
from kfp_katib.experiment.write import to_yaml

__all__ = [
    "Algorithm",
    "Collector",
    "Experiment",
    "FeasibleSpace",
    "Objective",
    "Parameter",
    "Problem",
    "TrialParameter",
    "TrialTemplate",
    "check",
    "load",
    "override",
    "render",
    "to_yaml",
]

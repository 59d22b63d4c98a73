# SPDX-License-Identifier: Apache-2.0
"""A Katib Experiment manifest: read, checked, filled in, written."""

from __future__ import annotations

from kfp_katib.experiment.load import check, load, override, render
from kfp_katib.experiment.model import Experiment, to_yaml
from kfp_katib.experiment.parts import (
    Algorithm,
    Collector,
    FeasibleSpace,
    Objective,
    Parameter,
    TrialParameter,
    TrialTemplate,
)
from kfp_katib.experiment.problem import Problem

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

# SPDX-License-Identifier: Apache-2.0
"""What a search leaves behind, shared by both engines: trials, the best of them, the verdict."""

from __future__ import annotations

from kfp_katib.results.best import best_trial, conclude, katib_best_trial, ranked
from kfp_katib.results.earlier import EarlierTrials, WarmStart, earlier_trials, from_csv, from_json
from kfp_katib.results.overview import Overview, SearchState, overview
from kfp_katib.results.progress import Active, Listener, Progress, Reports, Score
from kfp_katib.results.provenance import Provenance, installed
from kfp_katib.results.result import Result
from kfp_katib.results.text import to_json, trials_csv
from kfp_katib.results.told import Source, Told, ToldTrial
from kfp_katib.results.trials import (
    ACTIVE,
    EARLY_STOPPED,
    FAILED,
    FINAL,
    KILLED,
    UNAVAILABLE,
    Condition,
    ExperimentState,
    Metric,
    Trial,
    TrialCondition,
    TrialState,
    elapsed,
    trial_model_uri,
)
from kfp_katib.results.values import (
    Value,
    assignments,
    compared,
    go_float,
    is_text,
    metric_text,
    metric_value,
    minimized,
    number,
    objective_text,
    objective_value,
    place_among,
    reaches_goal,
    typed,
)

__all__ = [
    "ACTIVE",
    "EARLY_STOPPED",
    "FAILED",
    "FINAL",
    "KILLED",
    "UNAVAILABLE",
    "Active",
    "Condition",
    "EarlierTrials",
    "ExperimentState",
    "Listener",
    "Metric",
    "Overview",
    "Progress",
    "Provenance",
    "Reports",
    "Result",
    "Score",
    "SearchState",
    "Source",
    "Told",
    "ToldTrial",
    "Trial",
    "TrialCondition",
    "TrialState",
    "Value",
    "WarmStart",
    "assignments",
    "best_trial",
    "compared",
    "conclude",
    "earlier_trials",
    "elapsed",
    "from_csv",
    "from_json",
    "go_float",
    "installed",
    "is_text",
    "katib_best_trial",
    "metric_text",
    "metric_value",
    "minimized",
    "number",
    "objective_text",
    "objective_value",
    "overview",
    "place_among",
    "ranked",
    "reaches_goal",
    "to_json",
    "trial_model_uri",
    "trials_csv",
    "typed",
]

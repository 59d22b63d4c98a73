# SPDX-License-Identifier: Apache-2.0
"""The defaults that Katib fills in, following its own `experiment_defaults.go` (0.19)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from kfp_katib.experiment.parts import Strategy

PARALLEL_TRIALS = 3
STRATEGIES: Mapping[str, Strategy] = {"minimize": "min", "maximize": "max"}
"""Which of a trial's values of a metric counts, by the objective's type."""

RESUME_POLICY = "Never"
RESUMABLE = ("LongRunning", "FromVolume")
"""The resume policies with which Katib keeps what a search needs to go on."""
COLLECTOR = "StdOut"
STDOUT_PATH = "/var/log/katib/metrics.log"
EVENTS_PATH = "/var/log/katib/tfevent/"
DEFAULT_FILTER = r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)"
"""Katib's own expression for a metric's line; `common/const.go` of its metrics collectors."""

_COMPLETE = 'status.conditions.#(type=="{}")#|#(status=="True")#'
JOB_CONDITIONS = (_COMPLETE.format("Complete"), _COMPLETE.format("Failed"))
"""How Katib knows that a Job has succeeded, and that it has failed."""
_KUBEFLOW_JOBS = ("TFJob", "PyTorchJob", "XGBoostJob", "MPIJob")


def with_defaults(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the manifest after Katib's defaulter, which runs before its validator."""
    data: dict[str, Any] = copy.deepcopy(dict(manifest))
    spec = data.setdefault("spec", {})
    spec.setdefault("parallelTrialCount", PARALLEL_TRIALS)
    if not spec.get("resumePolicy"):
        spec["resumePolicy"] = RESUME_POLICY
    if "objective" in spec:
        spec["objective"]["metricStrategies"] = _strategies(spec["objective"])
    _default_conditions(spec.get("trialTemplate", {}))
    spec["metricsCollectorSpec"] = _collector(spec.get("metricsCollectorSpec", {}))
    for parameter in spec.get("parameters", []):
        space = parameter.setdefault("feasibleSpace", {})
        if not space.get("distribution"):
            space["distribution"] = "uniform"
    return data


def _strategies(objective: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The given strategies, then the objective type's own for every metric without one."""
    given: list[dict[str, Any]] = list(objective.get("metricStrategies", []))
    named = {strategy.get("name") for strategy in given}
    default = STRATEGIES.get(objective.get("type", ""), "latest")
    metrics = [objective.get("objectiveMetricName", ""), *objective.get("additionalMetricNames", [])]
    return given + [{"name": metric, "value": default} for metric in metrics if metric not in named]


def without_defaults(objective: Mapping[str, Any]) -> dict[str, Any]:
    """An objective as its author wrote it, if Katib has filled in the strategies at the end of its list.

    All of them are taken for Katib's where they read as its defaults, in its order. So what an author has
    written is known unless that is the same list from its beginning.
    """
    rest = {name: value for name, value in objective.items() if name != "metricStrategies"}
    stored = list(objective.get("metricStrategies") or [])
    for count in range(len(stored)):
        written = {**rest, "metricStrategies": stored[:count]} if count else rest
        if _strategies(written) == stored:
            return written
    return dict(objective)


def _default_conditions(template: dict[str, Any]) -> None:
    """Katib knows when its usual kinds are done; a ConfigMap's template and other kinds must say so."""
    kind = template.get("trialSpec", {}).get("kind")
    if kind in ("Job", "TrainJob"):
        success, failure = JOB_CONDITIONS
    elif kind in _KUBEFLOW_JOBS:
        success, failure = _COMPLETE.format("Succeeded"), _COMPLETE.format("Failed")
    else:
        return
    template["successCondition"] = template.get("successCondition") or success
    template["failureCondition"] = template.get("failureCondition") or failure


def _collector(given: Mapping[str, Any]) -> dict[str, Any]:
    spec = dict(given)
    collector = spec.setdefault("collector", {"kind": COLLECTOR})
    kind = collector.get("kind", "")
    path = {
        "File": {"kind": "File", "path": STDOUT_PATH, "format": "TEXT"},
        "TensorFlowEvent": {"kind": "Directory", "path": EVENTS_PATH},
    }.get(kind)
    if path:
        source = spec.setdefault("source", {})
        stated = {name: value for name, value in source.get("fileSystemPath", {}).items() if value}
        source["fileSystemPath"] = {**path, **stated}
    if kind == "PrometheusMetric":
        source = spec.setdefault("source", {})
        stated = {name: value for name, value in source.get("httpGet", {}).items() if value}
        source["httpGet"] = {"path": "/metrics", "port": 8080, **stated}
    return spec

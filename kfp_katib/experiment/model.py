# SPDX-License-Identifier: Apache-2.0
"""The typed, frozen Experiment that both engines take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfp_katib.experiment.defaults import DEFAULT_FILTER, STDOUT_PATH
from kfp_katib.experiment.go_yaml import dump
from kfp_katib.experiment.parts import (
    OURS,
    Algorithm,
    Collector,
    Distribution,
    FeasibleSpace,
    Manifest,
    Objective,
    Parameter,
    ParameterType,
    Strategy,
    TrialParameter,
    TrialTemplate,
    canonical,
    experiment_name,
)
from kfp_katib.experiment.problem import Origin, Problem

__all__ = [
    "OURS",
    "Algorithm",
    "Collector",
    "Distribution",
    "Experiment",
    "FeasibleSpace",
    "Manifest",
    "Objective",
    "Parameter",
    "ParameterType",
    "Strategy",
    "TrialParameter",
    "TrialTemplate",
    "build",
    "canonical",
    "experiment_name",
    "to_yaml",
]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A Katib Experiment without errors.

    `parameters` is empty for neural architecture search. `warnings` holds what is legal but likely wrong.
    `manifest_json` is the manifest as given, as canonical JSON: fields we have no type for stay in it.
    `asked_json` is the same before `render` filled in anything, empty where it did not.
    `origin` is the text that was loaded first, in which messages name a line.
    """

    name: str
    namespace: str
    objective: Objective
    algorithm: Algorithm
    early_stopping: Algorithm | None
    parameters: tuple[Parameter, ...]
    parallel_trial_count: int
    max_trial_count: int | None
    max_failed_trial_count: int | None
    resume_policy: str
    collector: Collector
    trial_template: TrialTemplate
    manifest_json: str
    warnings: tuple[Problem, ...] = ()
    asked_json: str = field(default="", compare=False)
    origin: Origin = field(default=Origin(), compare=False, repr=False)

    @property
    def manifest(self) -> Manifest:
        """The manifest as plain, fresh data, ready to be changed or submitted."""
        data: Manifest = json.loads(self.manifest_json)
        return data


def to_yaml(experiment: Experiment) -> str:
    """An Experiment as YAML that reads well and can be pasted into Katib's dashboard.

    Block style, keys in Kubernetes' usual order; equal Experiments give equal text.
    """
    return dump(experiment.manifest)


def build(
    data: Mapping[str, Any], full: Mapping[str, Any], warnings: tuple[Problem, ...], origin: Origin
) -> Experiment:
    """The typed Experiment.

    Args:
        data: The manifest as given, plain.
        full: The same after `with_defaults`; it must have no errors.
        warnings: What was found in it.
        origin: Where it was read from.
    """
    metadata, spec = full["metadata"], full["spec"]
    return Experiment(
        name=experiment_name(metadata),
        namespace=metadata.get("namespace", ""),
        objective=_objective(spec["objective"]),
        algorithm=_algorithm(spec["algorithm"]),
        early_stopping=_algorithm(spec["earlyStopping"]) if "earlyStopping" in spec else None,
        parameters=tuple(map(_parameter, spec.get("parameters", []))),
        parallel_trial_count=spec["parallelTrialCount"],
        max_trial_count=spec.get("maxTrialCount"),
        max_failed_trial_count=spec.get("maxFailedTrialCount"),
        resume_policy=spec["resumePolicy"],
        collector=_collector(spec["metricsCollectorSpec"]),
        trial_template=_template(spec["trialTemplate"]),
        manifest_json=canonical(data),
        warnings=warnings,
        origin=origin,
    )


def _objective(spec: Mapping[str, Any]) -> Objective:
    goal = spec.get("goal")
    metrics = (spec["objectiveMetricName"], *spec.get("additionalMetricNames", []))
    # If a metric has two, the first counts, as in Katib.
    strategies = {entry.get("name"): entry["value"] for entry in reversed(spec["metricStrategies"])}
    return Objective(
        type=spec["type"],
        metric=metrics[0],
        goal=None if goal is None else float(goal),
        additional=metrics[1:],
        strategies={metric: strategies[metric] for metric in metrics},
    )


def _algorithm(spec: Mapping[str, Any]) -> Algorithm:
    settings = spec.get("algorithmSettings", [])
    return Algorithm(
        spec["algorithmName"], {entry.get("name", ""): entry.get("value", "") for entry in settings}
    )


def _parameter(spec: Mapping[str, Any]) -> Parameter:
    space = spec["feasibleSpace"]
    return Parameter(
        name=spec["name"],
        type=spec["parameterType"],
        space=FeasibleSpace(
            min=space.get("min", ""),
            max=space.get("max", ""),
            step=space.get("step", ""),
            list=tuple(space.get("list", [])),
            distribution="uniform" if space["distribution"] == "unknown" else space["distribution"],
        ),
    )


def _collector(spec: Mapping[str, Any]) -> Collector:
    kind = spec["collector"].get("kind", "")
    source = spec.get("source", {})
    place = source.get("fileSystemPath", {})
    format_ = "TEXT" if kind == "StdOut" else place.get("format", "")
    filters = tuple(source.get("filter", {}).get("metricsFormat", []))
    return Collector(
        kind=kind,
        path=STDOUT_PATH if kind == "StdOut" else place.get("path", ""),
        format=format_,
        filters=(filters or (DEFAULT_FILTER,)) if format_ == "TEXT" else (),
    )


def _template(spec: Mapping[str, Any]) -> TrialTemplate:
    return TrialTemplate(
        spec=spec.get("trialSpec"),
        parameters=tuple(TrialParameter(p["name"], p["reference"]) for p in spec["trialParameters"]),
        primary_container=spec["primaryContainerName"],
        retain=spec.get("retain", False),
        success_condition=spec["successCondition"],
        failure_condition=spec["failureCondition"],
    )

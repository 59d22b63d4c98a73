# SPDX-License-Identifier: Apache-2.0
"""The parts of an Experiment from the fields of its manifest, in which Katib's defaults are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp_katib.experiment.defaults import DEFAULT_FILTER, STDOUT_PATH
from kfp_katib.experiment.parts import (
    DIRECTIONS,
    Algorithm,
    Collector,
    FeasibleSpace,
    NasConfig,
    Objective,
    Operation,
    Parameter,
    TrialParameter,
    TrialTemplate,
)


def objective(full: Mapping[str, Any], given: Mapping[str, Any]) -> Objective:
    """What the search optimises, with the metrics' strategies.

    Args:
        full: The Experiment's spec.
        given: The same as the manifest itself has it, before Katib's defaults.
    """
    spec, asked = full["objective"], given["objective"]
    goal = spec.get("goal")
    metrics = (spec["objectiveMetricName"], *spec.get("additionalMetricNames", []))
    named = {entry.get("name") for entry in asked.get("metricStrategies") or []}
    # If a metric has two, the first counts, as in Katib.
    strategies = {entry.get("name"): entry["value"] for entry in reversed(spec["metricStrategies"])}
    return Objective(
        type=spec["type"],
        metric=metrics[0],
        goal=None if goal is None else float(goal),
        additional=metrics[1:],
        strategies={metric: strategies[metric] for metric in metrics},
        texts=full["algorithm"]["algorithmName"] == "darts",
        compared=tuple(
            metric
            for metric in dict.fromkeys(metrics[1:])
            if metric in named and strategies[metric] in DIRECTIONS
        ),
    )


def algorithm(spec: Mapping[str, Any]) -> Algorithm:
    """A suggestion or early-stopping algorithm."""
    settings = spec.get("algorithmSettings", [])
    return Algorithm(
        spec["algorithmName"], {entry.get("name", ""): entry.get("value", "") for entry in settings}
    )


def parameter(spec: Mapping[str, Any]) -> Parameter:
    """One dimension of the search."""
    space = spec["feasibleSpace"]
    distribution = space.get("distribution", "unknown")
    return Parameter(
        name=spec["name"],
        type=spec["parameterType"],
        space=FeasibleSpace(
            min=space.get("min", ""),
            max=space.get("max", ""),
            step=space.get("step", ""),
            list=tuple(space.get("list", [])),
            distribution="uniform" if distribution == "unknown" else distribution,
        ),
    )


def nas_config(spec: Mapping[str, Any]) -> NasConfig:
    """What a search for neural architectures chooses from; what is missing is empty, as Katib accepts it."""
    graph, empty = spec.get("graphConfig", {}), {"name": "", "parameterType": "", "feasibleSpace": {}}
    return NasConfig(
        layers=graph.get("numLayers", 0),
        input_sizes=tuple(graph.get("inputSizes", [])),
        output_sizes=tuple(graph.get("outputSizes", [])),
        operations=tuple(
            Operation(
                each.get("operationType", ""),
                tuple(parameter(empty | of_it) for of_it in each.get("parameters", [])),
            )
            for each in spec.get("operations", [])
        ),
    )


def collector(spec: Mapping[str, Any]) -> Collector:
    """Where a trial's metrics are read from."""
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


def template(spec: Mapping[str, Any]) -> TrialTemplate:
    """How one trial runs."""
    return TrialTemplate(
        spec=spec.get("trialSpec"),
        parameters=tuple(TrialParameter(p["name"], p["reference"]) for p in spec["trialParameters"]),
        primary_container=spec["primaryContainerName"],
        retain=spec.get("retain", False),
        success_condition=spec["successCondition"],
        failure_condition=spec["failureCondition"],
    )

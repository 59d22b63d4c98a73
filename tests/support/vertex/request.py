# SPDX-License-Identifier: Apache-2.0
"""What a request must be for Vertex AI to take it, as far as its documentation says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

Json = dict[str, Any]
"""A message as REST shows it: names in camelCase, 64-bit whole numbers as text, no field that is empty."""

HTTP = {"INVALID_ARGUMENT": 400, "UNAUTHENTICATED": 401, "NOT_FOUND": 404}
"""The HTTP status of an error, by its name in https://cloud.google.com/apis/design/errors."""

MOST_VALUES = 1000


class RequestRefused(Exception):
    """The server's answer where a request cannot be done."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


def check(job: Json) -> None:
    """Refuse a tuning job that breaks a documented rule.

    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.hyperparameterTuningJobs and
    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec

    Raises:
        RequestRefused: INVALID_ARGUMENT, with every rule that is broken.
    """
    broken = [*_job(job), *_study(job.get("studySpec", {}))]
    if broken:
        raise RequestRefused("INVALID_ARGUMENT", "; ".join(broken))


def _job(job: Json) -> Iterator[str]:
    if not 0 < len(job.get("displayName", "")) <= 128:
        yield "displayName has 1 to 128 characters"
    for name in ("maxTrialCount", "parallelTrialCount"):
        if job.get(name, 0) < 1:
            yield f"{name} is required"
    pools = job.get("trialJobSpec", {}).get("workerPoolSpecs", ())
    if not pools or not pools[0].get("containerSpec", {}).get("imageUri"):
        yield "trialJobSpec.workerPoolSpecs[0].containerSpec.imageUri is required"
    machine = pools[0].get("machineSpec", {}) if pools else {}
    if machine.get("acceleratorCount") and not machine.get("acceleratorType"):
        yield "machineSpec.acceleratorCount needs an acceleratorType"


def _study(study: Json) -> Iterator[str]:
    for name in ("metrics", "parameters"):
        if not study.get(name):
            yield f"studySpec.{name} is required"
    for parameter in study.get("parameters", ()):
        for why in _parameter(parameter, grid=study.get("algorithm") == "GRID_SEARCH"):
            yield f"parameter {parameter.get('parameterId')}: {why}"


def _parameter(parameter: Json, *, grid: bool) -> Iterator[str]:
    kind, spec = kind_of(parameter)
    values = spec.get("values", [])
    if kind == "":
        yield "it has no value spec"
    elif kind in ("discrete", "categorical"):
        if not values:
            yield "it has no values"
    elif low_and_high(spec)[0] > low_and_high(spec)[1]:
        yield "minValue is above maxValue"
    if kind == "discrete" and len(values) > MOST_VALUES:
        yield f"it has {len(values)} values, and at most {MOST_VALUES} are allowed"
    if kind == "discrete" and any(after - before < 1e-10 for before, after in pairwise(values)):
        yield "its values are not in increasing order"
    if kind == "double" and grid:
        yield "GRID_SEARCH has no DOUBLE"
    lowest = values[0] if values else low_and_high(spec)[0]
    if parameter.get("scaleType") == "UNIT_LOG_SCALE" and lowest <= 0:
        yield "UNIT_LOG_SCALE needs a feasible space above 0"


def kind_of(parameter: Mapping[str, Any]) -> tuple[str, Json]:
    """A parameter's kind (`double`, `integer`, `discrete`, `categorical`, or empty), and the spec of it."""
    for kind in ("double", "integer", "discrete", "categorical"):
        if f"{kind}ValueSpec" in parameter:
            return kind, parameter[f"{kind}ValueSpec"]
    return "", {}


def low_and_high(spec: Json) -> tuple[float, float]:
    """The ends of a range; an end that is 0 is not there."""
    return float(spec.get("minValue", 0)), float(spec.get("maxValue", 0))

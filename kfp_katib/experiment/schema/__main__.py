# SPDX-License-Identifier: Apache-2.0
"""Writes `fields.json` from the typed models of the Katib project: `python -m kfp_katib.experiment.schema`.

Importing those models takes half a second, reading the table a few milliseconds; `kfp-katib validate`
answers in less than one second. A test holds the table to the installed models.
"""

from __future__ import annotations

import datetime
import json
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel

BATCH: dict[str, dict[str, Any]] = {
    # kubeflow-katib-api has no batch/v1; these are the fields of Kubernetes 1.34's Job.
    "Job": {
        "fields": {
            "apiVersion": "string",
            "kind": "string",
            "metadata": "ObjectMeta",
            "spec": "JobSpec",
            "status": "any",
        },
        "required": ["spec"],
    },
    "JobSpec": {
        "fields": {
            "activeDeadlineSeconds": "integer",
            "backoffLimit": "integer",
            "backoffLimitPerIndex": "integer",
            "completionMode": "string",
            "completions": "integer",
            "managedBy": "string",
            "manualSelector": "boolean",
            "maxFailedIndexes": "integer",
            "parallelism": "integer",
            "podFailurePolicy": "any",
            "podReplacementPolicy": "string",
            "selector": "any",
            "successPolicy": "any",
            "suspend": "boolean",
            "template": "PodTemplateSpec",
            "ttlSecondsAfterFinished": "integer",
        },
        "required": ["template"],
    },
}

PLAIN: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    Any: "any",
    object: "any",
    datetime.datetime: "string",
}


def table() -> dict[str, dict[str, Any]]:
    """Every type that an Experiment or its Job can hold: fields, and which of them Kubernetes requires."""
    from kubeflow_katib_api import models  # type: ignore[import-untyped]

    found: dict[str, dict[str, Any]] = dict(BATCH)
    waiting: list[type[BaseModel]] = [models.V1beta1Experiment, models.IoK8sApiCoreV1PodTemplateSpec]
    while waiting:
        model = waiting.pop()
        if _name(model) not in found:
            found[_name(model)] = _describe(model, waiting)
    found["Experiment"]["fields"]["status"] = "any"  # Katib writes it; nobody submits it
    return {name: found[name] for name in sorted(_reachable(found))}


def _describe(model: type[BaseModel], waiting: list[type[BaseModel]]) -> dict[str, Any]:
    fields = {
        field.alias or name: _kind(field.annotation, waiting) for name, field in model.model_fields.items()
    }
    required = sorted(
        field.alias or name for name, field in model.model_fields.items() if field.is_required()
    )
    return {"fields": dict(sorted(fields.items())), "required": required}


def _kind(annotation: Any, waiting: list[type[BaseModel]]) -> str:
    """`string`, `[Container]` (a list), `{string}` (a map) and the like."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(arguments[0], waiting)
    if origin in (typing.Union, types.UnionType):
        kinds = {_kind(a, waiting) for a in arguments if a is not type(None)}
        return "number" if kinds == {"number", "integer"} else kinds.pop()
    if origin is list:
        return f"[{_kind(arguments[0], waiting)}]"
    if origin is dict:
        return f"{{{_kind(arguments[1], waiting)}}}"
    if annotation in PLAIN:
        return PLAIN[annotation]
    if _name(annotation) == "Quantity":
        return "quantity"
    if _name(annotation) == "IntOrString":
        return "int-or-string"
    waiting.append(annotation)
    return _name(annotation)


def _name(model: type[BaseModel]) -> str:
    """A model's name without the prefix of its API group."""
    for prefix in (
        "IoK8sApiCoreV1",
        "IoK8sApimachineryPkgApisMetaV1",
        "IoK8sApimachineryPkgApiResource",
        "IoK8sApimachineryPkgUtilIntstr",
        "V1beta1",
    ):
        if model.__name__.startswith(prefix):
            return model.__name__.removeprefix(prefix)
    return model.__name__


def _reachable(found: dict[str, dict[str, Any]]) -> set[str]:
    seen: set[str] = set()
    waiting = ["Experiment", "Job"]
    while waiting:
        name = waiting.pop()
        if name in found and name not in seen:
            seen.add(name)
            waiting += [kind.strip("[]{}") for kind in found[name]["fields"].values()]
    return seen


if __name__ == "__main__":
    Path(__file__).with_name("fields.json").write_text(json.dumps(table(), indent=1) + "\n", encoding="utf-8")

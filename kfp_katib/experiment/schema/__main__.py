# SPDX-License-Identifier: Apache-2.0
"""Writes `fields.json`, one line a type: `python -m kfp_katib.experiment.schema [API] [APIMACHINERY]`.

Fields and types come from the typed models of the Katib project, which are JSON's: how many bits an integer
has, and what Go leaves out where it is empty, they do not say. That is read from Go's source, unpacked from
the modules k8s.io/api and k8s.io/apimachinery (0.34 here); without these folders it stays as it is.

Importing the models takes half a second, reading the table a few milliseconds; `kfp-katib validate` answers
in less than one second. A test holds the table to the installed models.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kfp_katib.experiment.schema import TABLE, ObjectType, object_types

if typing.TYPE_CHECKING:
    from pydantic import BaseModel

Models = list["type[BaseModel]"]

JOB_KINDS: Mapping[str, Mapping[str, str]] = {
    # kubeflow-katib-api has no batch/v1; these are the fields of Kubernetes 1.34's Job.
    "Job": {
        "string": "apiVersion kind",
        "ObjectMeta": "metadata",
        "JobSpec": "spec",
        "any": "status",
    },
    "JobSpec": {
        "integer": "activeDeadlineSeconds backoffLimit backoffLimitPerIndex completions maxFailedIndexes "
        "parallelism ttlSecondsAfterFinished",
        "string": "completionMode managedBy podReplacementPolicy",
        "boolean": "manualSelector suspend",
        "PodTemplateSpec": "template",
        "any": "podFailurePolicy selector successPolicy",
    },
}

PLAIN: Mapping[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    Any: "any",
    object: "any",
    datetime.datetime: "string",
}
OTHERS = {"Quantity": "quantity", "IntOrString": "int-or-string"}

_GROUPS = re.compile(r"^(V1beta1|IoK8sApi(CoreV1|machineryPkg(ApisMetaV1|ApiResource|UtilIntstr)))")

GO_FILES = ("core/v1/types.go", "batch/v1/types.go", "pkg/apis/meta/v1/types.go")
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r'^\t(?:\w+ )?\s*(\S+)\s+`json:"([^"]*)"', re.MULTILINE)
_NAMED = re.compile(r"^type (\w+) (string|\[\]\S+|map\S+)", re.MULTILINE)
_WRITTEN_EMPTY = re.compile(r"(string|bool|int32|int64|\[\]\S+|map\S+)")  # no pointer, no struct


def table(go: str = "") -> dict[str, ObjectType]:
    """Every type that an Experiment or its Job can hold.

    Args:
        go: Go's source; what only it says is taken from the present table where there is none.
    """
    from kubeflow_katib_api import models  # type: ignore[import-untyped]

    found = dict(_jobs())
    waiting: Models = [models.V1beta1Experiment, models.IoK8sApiCoreV1PodTemplateSpec]
    while waiting:
        model = waiting.pop()
        if _name(model) not in found:
            found[_name(model)] = _describe(model, waiting)
    said = dict(read_go(go)) if go else dict(_said_before())
    return {name: _completed(known, *said.get(name, ((), ()))) for name, known in sorted(found.items())}


def _jobs() -> Iterator[tuple[str, ObjectType]]:
    for name, required in (("Job", "spec"), ("JobSpec", "template")):
        kinds = {field: kind for kind, fields in JOB_KINDS[name].items() for field in fields.split()}
        yield name, ObjectType(dict(sorted(kinds.items())), [required])


def _describe(model: type[BaseModel], waiting: Models) -> ObjectType:
    fields = {field.alias or name: field for name, field in sorted(model.model_fields.items())}
    # The status is Katib's to write; nobody submits it.
    kinds = {
        name: "any" if name == "status" else _kind(field.annotation, waiting)
        for name, field in sorted(fields.items())
    }
    return ObjectType(kinds, [name for name in kinds if fields[name].is_required()])


def _kind(annotation: Any, waiting: Models) -> str:
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
    name = _name(annotation)
    if name not in OTHERS:
        waiting.append(annotation)
    return OTHERS.get(name, name)


def _name(model: type[BaseModel]) -> str:
    """A model's name without the prefix of its API group."""
    return _GROUPS.sub("", model.__name__)


def read_go(source: str) -> Iterator[tuple[str, tuple[list[str], list[str]]]]:
    """For each struct of Go's source the fields that it omits where they are empty, and those of 64 bits."""
    structs, named = dict(_STRUCT.findall(source)), dict(_NAMED.findall(source))

    def fields(struct: str) -> Iterator[tuple[str, str, bool]]:
        for kind, json_tag in _FIELD.findall(structs.get(struct, "")):
            name, *options = json_tag.split(",")
            if "inline" in options:
                yield from fields(kind.rpartition(".")[2])
            else:
                yield name, named.get(kind, kind), "omitempty" in options

    for struct in structs:
        omitted = [name for name, kind, empty in fields(struct) if empty and _WRITTEN_EMPTY.fullmatch(kind)]
        yield struct, (omitted, [name for name, kind, _ in fields(struct) if "int64" in kind])


def _said_before() -> Iterator[tuple[str, tuple[Iterable[str], Iterable[str]]]]:
    for name, known in object_types().items():
        yield name, (known.omitted, [field for field, kind in known.fields.items() if "int64" in kind])


def _completed(known: ObjectType, omitted: Iterable[str], wide: Iterable[str]) -> ObjectType:
    wider = {name: known.fields[name].replace("integer", "int64") for name in wide if name in known.fields}
    return ObjectType({**known.fields, **wider}, known.required, sorted({*omitted} & {*known.fields}))


def written(known: Mapping[str, ObjectType]) -> str:
    """The table as text."""
    entries = {name: {part: x for part, x in asdict(each).items() if x} for name, each in known.items()}
    return "{\n" + ",\n".join(f'"{name}": {json.dumps(entry)}' for name, entry in entries.items()) + "\n}\n"


if __name__ == "__main__":
    FILES = [Path(folder, name) for folder in sys.argv[1:] for name in GO_FILES]
    GO = "\n".join(file.read_text(encoding="utf-8") for file in FILES if file.exists())
    TABLE.write_text(written(table(GO)), encoding="utf-8")

# SPDX-License-Identifier: Apache-2.0
"""Writes `fields.json`, one line per type: `python -m kfp_katib.experiment.schema [API APIMACHINERY]`.

Fields and types come from the typed models of the Katib project. They have no batch/v1, and do not say how
many bits an integer has or what Go leaves out if it is empty: that is read from Go's source, the folders
of the modules k8s.io/api and k8s.io/apimachinery (0.34 here). Without these it stays as it is in the table.

Importing the models takes half a second, reading the table a few milliseconds; `kfp-katib validate` answers
in less than one second. A test compares the table with the installed models.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kfp_katib.experiment.schema import TABLE, ObjectType, object_types

if typing.TYPE_CHECKING:
    from pydantic import BaseModel

Struct = dict[str, tuple[str, bool]]
"""A struct of Go: each field's type, and whether it is left out if it is empty."""

_JOB = {"Job": ("spec",), "JobSpec": ("template",)}
"""The types that only Go has, and what Kubernetes requires of them."""

_KINDS: Mapping[object, str] = {
    **{str: "string", int: "integer", float: "number", bool: "boolean", datetime.datetime: "string"},
    **{Any: "any", object: "any"},
    **{"bool": "boolean", "int32": "integer", "Quantity": "quantity", "IntOrString": "int-or-string"},
    **{kind: kind for kind in ("string", "boolean", "integer", "int64")},
}
_GROUPS = re.compile(r"^(V1beta1|IoK8sApi(CoreV1|machineryPkg(ApisMetaV1|ApiResource|UtilIntstr)))")

_GO_FILES = ("core/v1/types.go", "batch/v1/types.go", "pkg/apis/meta/v1/types.go")
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r'^\t(?:\w+ )?\s*(\S+)\s+`json:"([^"]*)"', re.MULTILINE)
_NAMED = re.compile(r"^type (\w+) (string|\[\]\S+|map\S+)", re.MULTILINE)
# A struct is always written, and a pointer to something empty as well.
_CAN_BE_EMPTY = re.compile(r"string|bool|int32|int64|\[\]\S+|map\S+")


def table(go: str = "") -> dict[str, ObjectType]:
    """Every type that an Experiment or its Job can hold.

    Args:
        go: Go's source; without it, what only Go says is taken from the present table.
    """
    from kubeflow_katib_api import models  # type: ignore[import-untyped]

    found: dict[str, ObjectType] = {}
    waiting: list[type[BaseModel]] = [models.V1beta1Experiment, models.IoK8sApiCoreV1PodTemplateSpec]
    while waiting:
        model = waiting.pop()
        if _name(model) not in found:
            found[_name(model)] = _describe(model, waiting)
    structs = read_go(go) if go else _in_table()
    for name, required in _JOB.items():
        kinds = {field: _go_kind(kind, found) for field, (kind, _) in structs[name].items()}
        found[name] = ObjectType(kinds, required)
    return {name: _completed(known, structs.get(name, {})) for name, known in sorted(found.items())}


def _describe(model: type[BaseModel], waiting: list[type[BaseModel]]) -> ObjectType:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    # The status is Katib's to write; nobody submits it.
    kinds = {
        name: "any" if name == "status" else _kind(field.annotation, waiting)
        for name, field in fields.items()
    }
    return ObjectType(kinds, sorted(name for name, field in fields.items() if field.is_required()))


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
    kind = _KINDS.get(annotation) or _KINDS.get(_name(annotation))
    if kind is None:
        waiting.append(annotation)
    return kind or _name(annotation)


def _name(model: type[BaseModel]) -> str:
    """A model's name without the prefix of its API group."""
    return _GROUPS.sub("", model.__name__)


def read_go(source: str) -> dict[str, Struct]:
    """The structs in Go's source."""
    bodies, named = dict(_STRUCT.findall(source)), dict(_NAMED.findall(source))

    def fields(struct: str) -> Iterator[tuple[str, tuple[str, bool]]]:
        for kind, tag in _FIELD.findall(bodies.get(struct, "")):
            name, *options = tag.split(",")
            if "inline" in options:
                yield from fields(kind.rpartition(".")[2])
            else:
                bare = kind.lstrip("*")
                kind = kind.replace(bare, named.get(bare, bare))
                yield name, (kind, "omitempty" in options and bool(_CAN_BE_EMPTY.fullmatch(kind)))

    return {struct: dict(fields(struct)) for struct in bodies}


def _in_table() -> dict[str, Struct]:
    """The structs, as far as the table has them."""
    return {
        name: {field: (kind, field in known.omitted) for field, kind in known.fields.items()}
        for name, known in object_types().items()
    }


def _go_kind(kind: str, found: Mapping[str, ObjectType]) -> str:
    bare = kind.lstrip("*").rpartition(".")[2]
    return _KINDS.get(bare) or (bare if bare in found or bare in _JOB else "any")


def _completed(known: ObjectType, struct: Struct) -> ObjectType:
    wide = {field for field, (kind, _) in struct.items() if "int64" in kind}
    fields = {
        field: kind.replace("integer", "int64") if field in wide else kind
        for field, kind in sorted(known.fields.items())
    }
    omitted = sorted(field for field, (_, empty) in struct.items() if empty and field in fields)
    return ObjectType(fields, known.required, omitted)


def written(known: Mapping[str, ObjectType]) -> str:
    """The table as text."""
    entries = {name: {part: x for part, x in asdict(each).items() if x} for name, each in known.items()}
    return "{\n" + ",\n".join(f'"{name}": {json.dumps(entry)}' for name, entry in entries.items()) + "\n}\n"


if __name__ == "__main__":
    files = [Path(folder, name) for folder in sys.argv[1:] for name in _GO_FILES]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())
    TABLE.write_text(written(table(source)), encoding="utf-8")

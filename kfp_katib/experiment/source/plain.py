# SPDX-License-Identifier: Apache-2.0
"""Any Python value as plain JSON data: dict, list, str, int, float, bool, None."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from kfp_katib.experiment.source.refusal import (
    BAD_NUMBER,
    KEY_NOT_TEXT,
    LIMIT_DEPTH,
    LIMIT_TEXT,
    LIMIT_VALUES,
    NOT_PLAIN,
    NOT_TEXT,
    refuse,
    too_deep,
    too_large,
    too_many_values,
)

_EXACT = 2**53  # beyond it a float does not stand for one integer


def plain(source: object) -> Any:
    """A fresh copy of the source as plain data.

    Integral floats become ints: KFP's local runner makes floats of all numbers in a dict, and Katib's
    integer fields refuse `3.0`. Objects of kubeflow-katib and of the kubernetes client are read by their
    own table of field names.

    Raises:
        UnreadableError: A value is not JSON's, a key is not text, or a limit is passed.
    """
    return _Walk().value(source, "", 0)


class _Walk:
    """One copy in progress; it counts the values and their text."""

    def __init__(self) -> None:
        self.values = 0
        self.length = 0

    def value(self, value: object, path: str, depth: int) -> Any:
        self.values += 1
        if self.values > LIMIT_VALUES:
            too_many_values()
        if depth > LIMIT_DEPTH:
            too_deep()
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value, path)
        if isinstance(value, (int, float)):
            return _number(value, path)
        if isinstance(value, Mapping):
            return self.mapping(value.items(), path, depth)
        if isinstance(value, (list, tuple)):
            return [self.value(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
        fields = _object_fields(value)
        return self.mapping(fields, path, depth) if fields is not None else _refuse_type(value, path)

    def mapping(self, items: Iterable[tuple[object, object]], path: str, depth: int) -> dict[str, Any]:
        return {
            (name := self.text(_key(key, path), path)): self.value(
                value, f"{path}.{name}" if path else name, depth + 1
            )
            for key, value in items
        }

    def text(self, text: str, path: str) -> str:
        self.length += len(valid_text(text, path).encode())
        return str(text) if self.length <= LIMIT_TEXT else too_large(LIMIT_TEXT)


def _object_fields(value: object) -> list[tuple[object, object]] | None:
    """The set fields of an OpenAPI client's object under the API's names, None for any other type."""
    names = getattr(type(value), "attribute_map", None)  # kubeflow-katib, kubernetes
    if isinstance(names, Mapping):
        fields = [(name, getattr(value, attribute)) for attribute, name in names.items()]
        return [(name, field) for name, field in fields if field is not None]
    dump = getattr(value, "model_dump", None)  # kubeflow-katib-api
    return list(dump(by_alias=True, exclude_none=True).items()) if callable(dump) else None


def _key(key: object, path: str) -> str:
    if isinstance(key, str):
        return str(key)
    return refuse(
        KEY_NOT_TEXT,
        f"The key {key!r} is not text but {type(key).__name__}.",
        "Quote it.",
        path=path,
        value=key,
    )


def valid_text(text: str, path: str = "") -> str:
    """The text, if it can be written as UTF-8.

    Raises:
        UnreadableError: It holds half of a surrogate pair.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        refuse(NOT_TEXT, "The text holds half of a Unicode surrogate pair.", "Remove it.", path=path)
    return str(text)


def _number(value: int | float, path: str) -> int | float:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) < _EXACT else float(value)
    shown = str(value) if isinstance(value, float) else f"an integer of {value.bit_length()} bits"
    return refuse(
        BAD_NUMBER,
        f"The number is {shown}.",
        "Give a finite number of at most 64 bits, or quote it where text is meant.",
        path=path,
        value=shown,
    )


def _refuse_type(value: object, path: str) -> NoReturn:
    refuse(
        NOT_PLAIN,
        f"The value has the type {type(value).__name__}, which JSON does not have.",
        "Use text, numbers, booleans, lists and mappings only.",
        path=path,
        value=type(value).__name__,
    )

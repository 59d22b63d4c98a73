# SPDX-License-Identifier: Apache-2.0
"""Turn any Python value into plain JSON data, or say why not, within limits that keep bad input cheap."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kfp_katib.experiment.problem import Finding, Rule

LIMIT_BYTES = 1024 * 1024
"""Largest text that is parsed, comments and indentation included: what `render` makes of the largest data."""

LIMIT_TEXT = 160 * 1024
"""Bytes of all keys and texts. Katib's largest example has 5 kB; one argument of a process holds 128 KiB."""

LIMIT_DEPTH = 64
"""Deepest nesting; a pod's deepest field lies at about 20."""

LIMIT_VALUES = 5_000
"""Most values in one manifest, aliases expanded; Katib's largest example has 334."""

FILE_UNREADABLE = Rule("file-unreadable", "The manifest's file is missing, no text, or not readable.")
NOT_TEXT = Rule("not-text", "The manifest is not UTF-8 text.")
TOO_LARGE = Rule("too-large", "The manifest is larger than a manifest can sensibly be.")
TOO_DEEP = Rule("too-deep", "Values are nested deeper than in any Kubernetes object, or refer to themselves.")
TOO_MANY_VALUES = Rule("too-many-values", "The manifest holds too many values, aliases expanded.")
NOT_PARSABLE = Rule("not-parsable", "The text is neither YAML nor JSON.")
SEVERAL_DOCUMENTS = Rule("several-documents", "The text holds several YAML documents.")
NOT_A_MAPPING = Rule("not-a-mapping", "The manifest is empty, a list or a single value.")
DUPLICATE_KEY = Rule("duplicate-key", "A key appears twice in one mapping; YAML silently keeps the last.")
KEY_NOT_TEXT = Rule("key-not-text", "A mapping's key is not text.")
BAD_NUMBER = Rule("bad-number", "A number is NaN, infinite or beyond 64 bits; Kubernetes' JSON has none.")
NOT_PLAIN = Rule("not-plain", "A value has a type that JSON does not have.")
READ_OTHERWISE = Rule(
    "read-otherwise",
    "kubectl's YAML takes an unquoted value for another type; `render` quotes it.",
    severity="warning",
)

RULES = tuple(item for item in vars().values() if isinstance(item, Rule))
"""The rules of reading, in the order above."""

_EXACT = 2**53  # beyond it a float no longer stands for one integer


class UnreadableError(Exception):
    """A source that yields no data; it carries the one problem found."""

    def __init__(
        self,
        rule: Rule,
        message: str,
        fix: str,
        *,
        path: str = "",
        value: object = None,
        line: int | None = None,
    ) -> None:
        self.problem = replace(rule.problem(Finding(path, message, fix, value)), line=line)
        super().__init__(str(self.problem))


def too_deep() -> UnreadableError:
    """The error for deeper nesting than `LIMIT_DEPTH`."""
    message = f"Values are nested more than {LIMIT_DEPTH} levels deep."
    return UnreadableError(TOO_DEEP, message, "Flatten them, or break the cycle.")


def too_many_values() -> UnreadableError:
    """The error for more values than `LIMIT_VALUES`."""
    message = f"The manifest holds more than {LIMIT_VALUES} values, aliases expanded."
    fix = "Check its anchors and aliases; a manifest has a few hundred."
    return UnreadableError(TOO_MANY_VALUES, message, fix)


def too_large(limit: int, size: int | None = None) -> UnreadableError:
    """The error for more bytes than a limit."""
    message = f"The manifest has more than {limit // 1024} KiB."
    fix = "Keep data and scripts out of it: put them into the image or a volume."
    return UnreadableError(TOO_LARGE, message, fix, value=size)


def utf8(text: str, path: str = "") -> bytes:
    """The text as UTF-8.

    Raises:
        UnreadableError: It holds half of a surrogate pair.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as err:
        message = "The text holds half of a Unicode surrogate pair."
        raise UnreadableError(NOT_TEXT, message, "Remove it.", path=path) from err


def plain(source: object) -> Any:
    """A fresh copy of the source as plain data.

    Integral floats become ints: KFP's local runner makes floats of all numbers in a dict, and Katib's
    integer fields refuse `3.0`. Objects of kubeflow-katib and of the kubernetes client are read by their
    own table of field names.

    Raises:
        UnreadableError: A value has no JSON type, a key is not text, or a limit is exceeded.
    """
    return _Copy().value(source, "", 0)


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in plain data that holds no other one, with its path; an empty mapping or list is one."""
    if isinstance(data, Mapping) and data:
        for key, item in data.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(data, list) and data:
        for i, item in enumerate(data):
            yield from leaves(item, f"{path}[{i}]")
    else:
        yield path, data


class _Copy:
    """One copy in progress; it counts the values and their text."""

    def __init__(self) -> None:
        self.values = 0
        self.length = 0

    def value(self, value: object, path: str, depth: int) -> Any:
        self.values += 1
        if self.values > LIMIT_VALUES:
            raise too_many_values()
        if depth > LIMIT_DEPTH:
            raise too_deep()
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value, path)
        if isinstance(value, (int, float)):
            return _number(value, path)
        if isinstance(value, (list, tuple)):
            return [self.value(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
        return self.mapping(
            value.items() if isinstance(value, Mapping) else _fields(value, path), path, depth
        )

    def mapping(self, items: Iterable[tuple[object, object]], path: str, depth: int) -> dict[str, Any]:
        copied = {}
        for key, value in items:
            if not isinstance(key, str):
                message = f"The key {key!r} is not text but {type(key).__name__}."
                raise UnreadableError(KEY_NOT_TEXT, message, "Quote it.", path=path, value=key)
            name = self.text(key, path)
            copied[name] = self.value(value, f"{path}.{name}" if path else name, depth + 1)
        return copied

    def text(self, text: str, path: str) -> str:
        self.length += len(utf8(text, path))
        if self.length > LIMIT_TEXT:
            raise too_large(LIMIT_TEXT)
        return str(text)


def _fields(value: object, path: str) -> list[tuple[str, object]]:
    """The set fields of an OpenAPI client's object, under the API's names."""
    names = getattr(type(value), "attribute_map", None)  # kubeflow-katib, kubernetes
    if isinstance(names, Mapping):
        fields = [(name, getattr(value, attribute)) for attribute, name in names.items()]
        return [(name, field) for name, field in fields if field is not None]
    dump = getattr(value, "model_dump", None)  # kubeflow-katib-api
    if callable(dump):
        return list(dump(by_alias=True, exclude_none=True).items())
    kind = type(value).__name__
    raise UnreadableError(
        NOT_PLAIN,
        f"The value has the type {kind}, which JSON does not have.",
        "Use text, numbers, booleans, lists and mappings only.",
        path=path,
        value=kind,
    )


def _number(value: int | float, path: str) -> int | float:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) < _EXACT else float(value)
    shown = str(value) if isinstance(value, float) else f"an integer of {value.bit_length()} bits"
    fix = "Give a finite number of at most 64 bits, or quote it where text is meant."
    raise UnreadableError(BAD_NUMBER, f"The number is {shown}.", fix, path=path, value=shown)

# SPDX-License-Identifier: Apache-2.0
"""The line of a manifest's text on which a field stands, found once there is something to say about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import yaml

from kfp_katib.experiment.go_yaml import documents
from kfp_katib.experiment.problem import Origin, Problem

_TOKEN = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s"{}\[\]:,]+')
"""One of JSON's: a key, or what begins, is or ends a value."""
_STEP = re.compile(r"(?<=.)[.\[]")
_MERGE = "tag:yaml.org,2002:merge"


def placed(problem: Problem, origin: Origin) -> Problem:
    """The problem with its file, and with the line of its field or of the nearest field around that.

    Args:
        problem: A finding in a manifest.
        origin: Where the manifest was read from, without an error.
    """
    line = problem.line or (_line(origin.text, problem.path) if origin.text and problem.path else None)
    return replace(problem, file=problem.file or origin.file, line=line)


@dataclass(slots=True)
class _Field:
    """A value's line, and the values in it: by its key, or by its index as a path has it, `[0]`."""

    line: int
    inner: dict[str, _Field] = field(default_factory=dict)


def _line(text: str, path: str) -> int:
    here, rest = _fields(text), path
    while rest:
        ends = [len(rest), *(match.start() for match in reversed([*_STEP.finditer(rest)]))]
        end = next((end for end in ends if rest[:end] in here.inner), None)  # a key may hold dots
        if end is None:
            break
        here, rest = here.inner[rest[:end]], rest[end:].removeprefix(".")
    return here.line


@lru_cache(maxsize=2)
def _fields(text: str) -> _Field:
    """The outermost value of a text that is known to be one document of JSON or YAML."""
    if text.lstrip().startswith("{"):
        try:
            json.loads(text)
            return _of_json(text)
        except ValueError:
            pass  # YAML's flow style
    (root,) = documents(text)
    return _of_node(root, {})


def repeated(text: str) -> int | None:
    """The line of the first key that stands in one mapping of a JSON text for the second time."""
    return next((line for owner, name, line in _values(text, _Field(0)) if name in owner), None)


def _of_json(text: str) -> _Field:
    outside = _Field(0)
    for _ in _values(text, outside):
        pass
    return outside.inner["[0]"]


def _values(text: str, outside: _Field) -> Iterator[tuple[Mapping[str, _Field], str, int]]:
    """Put each value of a JSON text into the one around it, and yield both before, with its line.

    Without recursion, since JSON may be nested deeper than libyaml could bear.
    """
    around = [outside]
    key: tuple[str, int] | None = None
    line, at = 1, 0
    for token in _TOKEN.finditer(text):
        line, at = line + text.count("\n", at, token.start()), token.start()
        if token["key"]:
            key = json.loads(token["key"]), line
        elif token[0] in "]}":
            around.pop()
        else:
            name, where = key or (f"[{len(around[-1].inner)}]", line)
            yield around[-1].inner, name, where
            made = around[-1].inner[name] = _Field(where)
            key = None
            if token[0] in "[{":
                around.append(made)


def _of_node(node: yaml.Node, known: dict[int, _Field]) -> _Field:
    if id(node) not in known:
        made = known[id(node)] = _Field(node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            made.inner.update((f"[{i}]", _of_node(item, known)) for i, item in enumerate(node.value))
        if isinstance(node, yaml.MappingNode):
            made.inner.update(_entries(node, known))
    return known[id(node)]


def _entries(node: yaml.MappingNode, known: dict[int, _Field]) -> dict[str, _Field]:
    """The fields of a mapping, each on the line of its key; those that `<<` brings stand where they stand."""
    merged: dict[str, _Field] = {}
    own: dict[str, _Field] = {}
    for key, value in node.value:
        inner = _of_node(value, known)
        if key.tag == _MERGE:
            for each in inner.inner.values() if isinstance(value, yaml.SequenceNode) else [inner]:
                merged = {**each.inner, **merged}
        elif isinstance(key, yaml.ScalarNode):
            own[key.value] = _Field(key.start_mark.line + 1, inner.inner)
    return {**merged, **own}

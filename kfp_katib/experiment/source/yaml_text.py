# SPDX-License-Identifier: Apache-2.0
"""YAML text as Kubernetes reads it, without the ways in which PyYAML differs or can be made to burst.

kubectl reads YAML with Go's library: `1e-3` is a number there and text in PyYAML, `2024-01-01` is text there
and a date in PyYAML. libyaml's composer recurses in C and dies of deep nesting, so depth is checked on the
event stream, before anything is composed.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, ClassVar, NoReturn

import yaml

from kfp_katib.experiment.problem import Problem
from kfp_katib.experiment.source.go_yaml import read_otherwise
from kfp_katib.experiment.source.refusal import (
    DUPLICATE_KEY,
    LIMIT_DEPTH,
    LIMIT_VALUES,
    NOT_PARSABLE,
    SEVERAL_DOCUMENTS,
    refuse,
    too_deep,
    too_many_values,
)

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_READ_OTHERWISE = ("timestamp", "float", "int", "value")
_EMPTY = ("", "~", "null", "Null", "NULL")
_COLLECTIONS = {"map": yaml.MappingNode, "seq": yaml.SequenceNode}


class _Loader(_Base):  # type: ignore[misc]  # the base is chosen at run time
    """The safe loader with Go's idea of a number, and without dates and YAML 1.1's default key `=`."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [pair for pair in pairs if pair[0].removeprefix(_PREFIX) not in _READ_OTHERWISE]
        for first, pairs in _Base.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    f"{_PREFIX}float",
    re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*\.[0-9_]*|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?[0-9]+)?$"
        r"|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)
_Loader.add_implicit_resolver(
    f"{_PREFIX}int",
    re.compile(r"[-+]?(?:0b_*[01][01_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|0[0-7_]*|[1-9][0-9_]*)$"),
    list("-+0123456789"),
)
_Loader.add_constructor(f"{_PREFIX}merge", _Base.construct_yaml_str)  # `<<` as a value is text


def parse_yaml(text: str, remarks: list[Problem] | None = None) -> Any:
    """The one document in the text; empty ones around it, which helm and kustomize write, are skipped.

    Args:
        text: YAML.
        remarks: Gets a warning for each value that kubectl reads otherwise.

    Raises:
        UnreadableError: It is not YAML, or several documents, or nested or repeated beyond all measure.
    """
    try:
        _guard(text)
        loader = _Loader(text)
        node = _filled_node(loader)
        if node is None:
            return None
        _refuse_duplicates(node, loader)
        data = loader.construct_document(node)
    except yaml.YAMLError as err:
        _refuse_syntax(text, err)
    except ValueError as err:  # a number of more digits than Python converts
        refuse(NOT_PARSABLE, f"The text is not YAML: {err}.", "Quote the value where text is meant.")
    if remarks is not None:
        remarks += read_otherwise(text, node)
    return data


def _filled_node(loader: Any) -> yaml.Node | None:
    """The first document that holds something, or an empty one, or None where there is none at all."""
    found = None
    while loader.check_node():
        found = loader.get_node()
        if not (isinstance(found, yaml.ScalarNode) and found.tag == f"{_PREFIX}null"):
            break
    return found


def _guard(text: str) -> None:
    """Walk the events, which are made one at a time, and stop where a limit is passed."""
    depth = documents = 0
    opened = False
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if opened and not (
            isinstance(event, yaml.ScalarEvent) and event.value in _EMPTY and event.implicit[0]
        ):
            documents += 1
        opened = isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > LIMIT_DEPTH:
            too_deep()
        if count > 4 * LIMIT_VALUES:  # a key, and the start and end of its value
            too_many_values()
    if documents > 1:
        refuse(
            SEVERAL_DOCUMENTS,
            f"The text holds {documents} YAML documents.",
            "Keep the Experiment alone, without `---` between documents.",
            value=documents,
        )


def _refuse_duplicates(root: yaml.Node, loader: Any) -> None:
    """Refuse keys that stand twice, tags that do not fit, and aliases that burst or never end."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        if depth > LIMIT_DEPTH:
            too_deep()
        if id(node) not in sizes:
            _refuse_tag(node, loader)
            inner = 0
            if isinstance(node, yaml.MappingNode):
                _refuse_duplicate_key(node)
                for key, value in node.value:  # a key of text is no value, as in `plain`
                    inner += size(key, depth + 1) - 1 + size(value, depth + 1)
            elif isinstance(node, yaml.SequenceNode):
                inner = sum(size(item, depth + 1) for item in node.value)
            sizes[id(node)] = 1 + inner
        if sizes[id(node)] > LIMIT_VALUES:
            too_many_values()
        return sizes[id(node)]

    size(root, 0)


def _refuse_tag(node: yaml.Node, loader: Any) -> None:
    """Refuse a tag that JSON has no type for, or whose value is none of its type.

    PyYAML's constructors trust a tag and fail each in a way of its own: `!!int ""`, `!!timestamp x`.
    """
    name = node.tag.removeprefix(_PREFIX)
    if isinstance(node, yaml.ScalarNode):
        untagged = loader.resolve(yaml.ScalarNode, node.value, (True, False)).removeprefix(_PREFIX)
        fits = name in ("str", "binary", untagged) or (name, untagged) == ("float", "int")
    else:
        fits = isinstance(node, _COLLECTIONS.get(name, ()))
    if not fits:
        tag = f"!!{name}" if name != node.tag else node.tag
        collection = "a mapping" if isinstance(node, yaml.MappingNode) else "a sequence"
        value = repr(node.value) if isinstance(node, yaml.ScalarNode) else collection
        refuse(
            NOT_PARSABLE,
            f"Line {node.start_mark.line + 1}: the tag {tag[:80]} does not fit {value[:80]}.",
            "Drop the tag; quote the value where text is meant.",
            value=node.tag,
        )


def _refuse_duplicate_key(node: yaml.MappingNode) -> None:
    keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
    for key, count in keys.items():
        if count > 1:
            lines = [k.start_mark.line + 1 for k, _ in node.value if k.value == key]
            refuse(
                DUPLICATE_KEY,
                f"The key '{key}' stands {count} times in one mapping (lines {', '.join(map(str, lines))}).",
                "Keep one of them.",
                value=key,
            )


def _refuse_syntax(text: str, err: yaml.YAMLError) -> NoReturn:
    mark = getattr(err, "problem_mark", None)
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    what = getattr(err, "problem", None) or str(err).partition("\n")[0]
    tab = any(line[: len(line) - len(line.lstrip())].count("\t") for line in text.splitlines())
    fix = "Indent with spaces: YAML allows no tabs." if tab else "Check the indentation and quotes there."
    refuse(NOT_PARSABLE, f"The text is not YAML{where}: {what}.", fix)

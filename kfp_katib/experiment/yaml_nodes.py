# SPDX-License-Identifier: Apache-2.0
"""A YAML text as plain data, or refused within limits; nothing here knows Katib.

libyaml's composer recurses in C and crashes on deep nesting, so depth is checked on the event stream, before
anything is composed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import yaml

from kfp_katib.experiment.go_yaml import TAG, Loader, documents, read_otherwise
from kfp_katib.experiment.plain import (
    DUPLICATE_KEY,
    LIMIT_DEPTH,
    LIMIT_VALUES,
    NOT_PARSABLE,
    SEVERAL_DOCUMENTS,
    UnreadableError,
    too_deep,
    too_many_values,
)
from kfp_katib.experiment.problem import Problem

_SHOWN = 5
_LONGEST_KIND = 40
_COLLECTIONS = {"map": yaml.MappingNode, "seq": yaml.SequenceNode}


def parsed(text: str, remarks: list[Problem]) -> Any:
    """The one document in the text; empty ones around it are skipped.

    Args:
        text: YAML.
        remarks: Gets a warning for each value that kubectl reads differently.

    Raises:
        yaml.YAMLError: It is no YAML.
        UnreadableError: It holds several documents, or what a manifest must not have.
    """
    _guard(text)
    found = documents(text)
    if not found:
        return None
    if len(found) > 1:
        raise _several(found)
    loader = Loader("")
    _Nodes(text, loader, remarks).size(found[0], "", 0)
    return loader.construct_document(found[0])


def _several(found: Sequence[yaml.Node]) -> UnreadableError:
    """The error that names what each document is."""
    lines = [node.start_mark.line + 1 for node in found]
    named = [f"{_kind(node)} (line {line})" for node, line in zip(found[:_SHOWN], lines, strict=False)]
    message = f"The text holds {len(found)} YAML documents: {', '.join(named)}."
    fix = "Give each Experiment a file of its own, without `---` between documents."
    return UnreadableError(SEVERAL_DOCUMENTS, message, fix, value=len(found), line=lines[1])


def _kind(node: yaml.Node) -> str:
    """What a document is, by its kind."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    kinds = [str(value.value)[:_LONGEST_KIND] for key, value in pairs if key.value == "kind"]
    return kinds[0] if kinds else "one without a kind"


def _guard(text: str) -> None:
    """Walk the events, which are made one at a time, and stop when a limit is exceeded."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader)):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > LIMIT_DEPTH:
            raise too_deep()
        if count > 4 * LIMIT_VALUES:  # a key, and the start and end of its value
            raise too_many_values()


class _Nodes:
    """One walk over the composed nodes, each visited once, however often an alias repeats it.

    It refuses duplicate keys, tags that do not fit, and aliases that explode or never end, and warns
    about what kubectl reads differently.
    """

    def __init__(self, text: str, loader: Any, remarks: list[Problem]) -> None:
        self.text, self.loader, self.remarks = text, loader, remarks
        self.sizes: dict[int, int] = {}

    def size(self, node: yaml.Node, path: str, depth: int) -> int:
        """How many values the node holds, itself included."""
        if depth > LIMIT_DEPTH:
            raise too_deep()
        if id(node) not in self.sizes:
            self.refuse_tag(node)
            self.sizes[id(node)] = 1 + self.inner(node, path, depth + 1)
        if self.sizes[id(node)] > LIMIT_VALUES:
            raise too_many_values()
        return self.sizes[id(node)]

    def inner(self, node: yaml.Node, path: str, depth: int) -> int:
        if isinstance(node, yaml.SequenceNode):
            return sum(self.size(item, f"{path}[{i}]", depth) for i, item in enumerate(node.value))
        if isinstance(node, yaml.ScalarNode):
            self.remarks += read_otherwise(node, path, self.text)
            return 0
        _refuse_duplicate_key(node)
        inner = 0
        for key, value in node.value:  # a text key does not count as a value, as in `plain`
            where = f"{path}.{key.value}" if path else str(key.value)
            inner += self.size(key, where, depth) - 1 + self.size(value, where, depth)
        return inner

    def refuse_tag(self, node: yaml.Node) -> None:
        """Refuse a tag that JSON has no type for, or whose value does not fit it.

        PyYAML's constructors trust a tag, and each fails in its own way: `!!int ""`, `!!timestamp x`.
        """
        name = node.tag.removeprefix(TAG)
        if isinstance(node, yaml.ScalarNode):
            untagged = self.loader.resolve(yaml.ScalarNode, node.value, (True, False)).removeprefix(TAG)
            fits = name in ("str", "binary", untagged) or (name, untagged) == ("float", "int")
        else:
            fits = isinstance(node, _COLLECTIONS.get(name, ()))
        if not fits:
            tag = f"!!{name}" if name != node.tag else node.tag
            collection = "a mapping" if isinstance(node, yaml.MappingNode) else "a sequence"
            value = repr(node.value) if isinstance(node, yaml.ScalarNode) else collection
            message = f"The tag {tag[:80]} does not fit {value[:80]}."
            fix = "Drop the tag; quote the value where text is meant."
            raise UnreadableError(NOT_PARSABLE, message, fix, value=node.tag, line=node.start_mark.line + 1)


def _refuse_duplicate_key(node: yaml.Node) -> None:
    keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
    for key, count in keys.items():
        if count > 1:
            lines = [k.start_mark.line + 1 for k, _ in node.value if k.value == key]
            stands = ", ".join(map(str, lines))
            message = f"The key '{key}' appears {count} times in one mapping (lines {stands})."
            raise UnreadableError(DUPLICATE_KEY, message, "Keep one of them.", value=key, line=lines[1])

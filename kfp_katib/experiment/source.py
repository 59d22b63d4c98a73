# SPDX-License-Identifier: Apache-2.0
"""Read a file, text or object as plain data, or refuse it with one clear reason; nothing here knows Katib.

Nothing a source contains may cost more than a second or 200 MB. libyaml's composer recurses in C and crashes
on deep nesting, so depth is checked on the event stream, before anything is composed.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import yaml

from kfp_katib.experiment.go_yaml import NULLS, TAG, Loader, read_otherwise
from kfp_katib.experiment.plain import (
    DUPLICATE_KEY,
    FILE_UNREADABLE,
    LIMIT_BYTES,
    LIMIT_DEPTH,
    LIMIT_VALUES,
    NOT_A_MAPPING,
    NOT_PARSABLE,
    NOT_TEXT,
    SEVERAL_DOCUMENTS,
    UnreadableError,
    plain,
    too_deep,
    too_large,
    too_many_values,
    utf8,
)
from kfp_katib.experiment.problem import Problem

_COLLECTIONS = {"map": yaml.MappingNode, "seq": yaml.SequenceNode}


class TypedModel(Protocol):
    """An Experiment as an object of kubeflow-katib or kubeflow-katib-api."""

    def to_dict(self) -> dict[str, Any]:
        """The same as a dictionary."""


Source = str | bytes | bytearray | os.PathLike[str] | Mapping[str, Any] | TypedModel
"""What a manifest can be read from."""

_ENDINGS = (".yaml", ".yml", ".json")


def file_of(source: object) -> Path | None:
    """The file that a source names, None where it is the manifest itself.

    No manifest is one line that ends like a file's name.
    """
    if isinstance(source, os.PathLike):
        return Path(os.fspath(source))
    if isinstance(source, str) and "\n" not in source and source.endswith(_ENDINGS):
        return Path(source)
    return None


def read(source: object, remarks: list[Problem] | None = None) -> dict[str, Any]:
    """The source as plain data.

    Args:
        source: What `Source` says; anything else is refused.
        remarks: Gets a warning for each value of a YAML text that kubectl reads differently.

    Raises:
        UnreadableError: The source holds no mapping of plain data.
    """
    if file := file_of(source):
        source = _file(file)
    if isinstance(source, (bytes, bytearray)):
        source = _decoded(bytes(source))
    data = plain(_parsed(source, [] if remarks is None else remarks) if isinstance(source, str) else source)
    if isinstance(data, dict):
        return data
    if data is None:
        raise UnreadableError(NOT_A_MAPPING, "The manifest is empty.", "Give a Katib Experiment.")
    message = f"The manifest is not a mapping but {type(data).__name__}."
    fix = "Give a mapping with apiVersion, kind, metadata and spec."
    if isinstance(source, str) and "\n" not in source and source.endswith(_ENDINGS):
        fix = "It looks like a file's name: give the text that is in that file."
    raise UnreadableError(NOT_A_MAPPING, message, fix, value=str(data)[:80])


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMIT_BYTES + 1)
    except (OSError, ValueError) as err:
        message = f"The file cannot be read: {getattr(err, 'strerror', None) or err}."
        raise UnreadableError(FILE_UNREADABLE, message, "Check the path and its permissions.") from err


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        if len(data) > LIMIT_BYTES:
            raise too_large(LIMIT_BYTES, len(data)) from err
        message = f"Byte {err.start} is not UTF-8."
        raise UnreadableError(NOT_TEXT, message, "Save the manifest as UTF-8 text.") from err


def _parsed(text: str, remarks: list[Problem]) -> Any:
    if len(text) > LIMIT_BYTES:
        raise too_large(LIMIT_BYTES, len(text))
    utf8(text)
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_unique)
        except RecursionError as err:
            raise too_deep() from err
        except ValueError:
            pass  # YAML's flow style, or broken; the YAML parser says where
    try:
        return _parsed_yaml(text, remarks)
    except yaml.YAMLError as err:
        raise _no_yaml(text, err) from err
    except ValueError as err:  # a number of more digits than Python converts
        fix = "Quote the value where text is meant."
        raise UnreadableError(NOT_PARSABLE, f"The text is not YAML: {err}.", fix) from err


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            message = f"The key '{key}' appears twice in one mapping."
            raise UnreadableError(DUPLICATE_KEY, message, "Keep one of them.", value=key)
        found[key] = value
    return found


def _parsed_yaml(text: str, remarks: list[Problem]) -> Any:
    """The one document in the text; empty ones around it, which helm and kustomize write, are skipped."""
    _guard(text)
    documents = [node for node in yaml.compose_all(text, Loader) if not _is_null(node)]
    if not documents:
        return None
    if len(documents) > 1:
        message = f"The text holds {len(documents)} YAML documents."
        fix = "Keep the Experiment alone, without `---` between documents."
        raise UnreadableError(SEVERAL_DOCUMENTS, message, fix, value=len(documents))
    loader = Loader("")
    _Nodes(text, loader, remarks).size(documents[0], "", 0)
    return loader.construct_document(documents[0])


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == f"{TAG}null" and node.value in NULLS


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
            message = f"Line {node.start_mark.line + 1}: the tag {tag[:80]} does not fit {value[:80]}."
            fix = "Drop the tag; quote the value where text is meant."
            raise UnreadableError(NOT_PARSABLE, message, fix, value=node.tag)


def _refuse_duplicate_key(node: yaml.Node) -> None:
    keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
    for key, count in keys.items():
        if count > 1:
            lines = ", ".join(str(k.start_mark.line + 1) for k, _ in node.value if k.value == key)
            message = f"The key '{key}' appears {count} times in one mapping (lines {lines})."
            raise UnreadableError(DUPLICATE_KEY, message, "Keep one of them.", value=key)


def _no_yaml(text: str, err: yaml.YAMLError) -> UnreadableError:
    mark = getattr(err, "problem_mark", None)
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    what = getattr(err, "problem", None) or str(err).partition("\n")[0]
    tab = any(line[: len(line) - len(line.lstrip())].count("\t") for line in text.splitlines())
    fix = "Indent with spaces: YAML allows no tabs." if tab else "Check the indentation and quotes there."
    return UnreadableError(NOT_PARSABLE, f"The text is not YAML{where}: {what}.", fix)

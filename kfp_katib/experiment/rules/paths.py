# SPDX-License-Identifier: Apache-2.0
"""The parts of plain data by their paths; where a path leads nowhere there is nothing to find."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Part = Mapping[str, Any]


def objects(owner: Part, path: str, above: str = "") -> Iterator[tuple[str, Part]]:
    """The mappings at a path below the owner, `[]` after each list in it, each with its own path."""
    step, _, rest = path.partition(".")
    name, many, _ = step.partition("[")
    found = items(owner, name) if many else [owner.get(name)]
    for i, each in enumerate(found):
        if isinstance(each, Mapping):
            here = f"{above}{name}[{i}]" if many else f"{above}{name}"
            yield from objects(each, rest, f"{here}.") if rest else [(here, each)]


def texts(owner: Part, path: str, above: str = "") -> Iterator[tuple[str, str]]:
    """The texts at a path below the owner, like `objects`."""
    parents, _, name = path.rpartition(".")
    for where, each in objects(owner, parents, above):
        if isinstance(text := each.get(name), str):
            yield f"{where}.{name}", text


def at(data: object, path: str) -> Any:
    """What stands at a path; None if nothing does, or if a key on the way holds a dot or bracket."""
    for name, index in re.findall(r"([^.\[\]]+)|\[([0-9]{1,9})\]", path):
        if isinstance(data, Mapping) and name:
            data = data.get(name)
        elif isinstance(data, list) and index and int(index) < len(data):
            data = data[int(index)]
        else:
            return None
    return data


def part(parent: object, *names: str) -> Part:
    """The mapping below the names, empty if there is none: trials of other kinds have no types."""
    for name in names:
        parent = parent.get(name) if isinstance(parent, Mapping) else None
    return parent if isinstance(parent, Mapping) else {}


def items(parent: object, name: str) -> list[Any]:
    """The list of this name, empty if there is none."""
    found = parent.get(name) if isinstance(parent, Mapping) else None
    return found if isinstance(found, list) else []


def every_container(path: str, pod: Part) -> Iterator[tuple[str, Part]]:
    """A pod template's init containers and containers, with their paths."""
    for name in ("initContainers", "containers"):
        yield from objects(pod, f"spec.{name}[]", f"{path}.")

# SPDX-License-Identifier: Apache-2.0
"""What differs between two manifests, field by field, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_SHOWN = 5


def changes(before: str, after: str) -> str:
    """The fields in which two manifests (JSON) differ, the first few of them, as one line."""
    old, new = dict(_leaves(json.loads(before))), dict(_leaves(json.loads(after)))
    paths = [path for path in {**old, **new} if old.get(path, _ABSENT) != new.get(path, _ABSENT)]
    shown = [f"{path} was {_say(old, path)} and is {_say(new, path)}" for path in paths[:_SHOWN]]
    more = [f"{len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    return "; ".join([*shown, *more])


_ABSENT = object()


def _say(leaves: dict[str, Any], path: str) -> str:
    return json.dumps(leaves[path], ensure_ascii=False) if path in leaves else "absent"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}[{index}]")
    else:
        yield path, value

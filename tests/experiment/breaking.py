# SPDX-License-Identifier: Apache-2.0
"""Manifests that were valid, broken in structure, text and bytes; each follows from a number alone."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import yaml

from kfp_katib.experiment.model import Manifest
from tests.builders.valid import VALID
from tests.experiment.hostile import KEYS, MARKS, TEXTS, VALUES
from tests.places import DATA

CASES = DATA / "cases"
Place = tuple[Any, Any]
Draw = random.Random


def document(number: int) -> bytes:
    """The manifest of this number, always the same."""
    draw = Draw(number)
    manifest = _start(draw)
    for _ in range(draw.choice([0, 1, 1, 1, 2, 4])):
        _change(manifest, draw)
    text = _written(manifest, draw)
    for _ in range(draw.choice([0, 0, 0, 0, 1, 2])):
        text = draw.choice(_TEXTUAL)(text, draw)
    return _encoded(text, draw)


def _start(draw: Draw) -> Any:
    chance = draw.random()
    if chance < 0.1:
        text = draw.choice(sorted(CASES.glob("[0-9]*.yaml"))).read_text()
        return next(filter(None, yaml.safe_load_all(text)))
    manifest = VALID[draw.choice(sorted(VALID))]()
    if chance < 0.2:  # another kind of trial, whose pod nobody knows
        trial = manifest["spec"]["trialTemplate"].get("trialSpec") or {}
        trial[draw.choice(["apiVersion", "kind"])] = draw.choice(TEXTS)
    return manifest


def places(value: Any) -> list[Place]:
    """Every owner and key in the data, from the top."""
    keys: list[Any] = list(value) if isinstance(value, dict) else []
    keys = list(range(len(value))) if isinstance(value, list) else keys
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


def _change(manifest: Any, draw: Draw) -> None:
    found = places(manifest)
    if found:
        owner, key = draw.choice(found)
        draw.choice(_STRUCTURAL)(owner, key, draw)


def _hostile(draw: Draw) -> Any:
    return copy.deepcopy(draw.choice(TEXTS if draw.random() < 0.5 else VALUES))


def _replace(owner: Any, key: Any, draw: Draw) -> None:
    owner[key] = _hostile(draw)


def _drop(owner: Any, key: Any, draw: Draw) -> None:
    del owner[key]


def _rename(owner: Any, key: Any, draw: Draw) -> None:
    if isinstance(owner, dict):
        owner[draw.choice(KEYS)] = owner.pop(key)


def _add(owner: Any, key: Any, draw: Draw) -> None:
    if isinstance(owner, dict):
        owner[draw.choice(KEYS)] = _hostile(draw)
    else:
        owner.insert(key, _hostile(draw))


def _repeat(owner: Any, key: Any, draw: Draw) -> None:
    if isinstance(owner, list):
        owner.extend(copy.deepcopy(owner[key]) for _ in range(draw.choice([1, 3, 300])))


def _multiply(owner: Any, key: Any, draw: Draw) -> None:
    """Many items of different names, as a generated manifest has them."""
    if isinstance(owner, list):
        for i in range(draw.choice([3, 30, 300, 1000])):
            item = copy.deepcopy(owner[key])
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                item["name"] += str(i)
            owner.append(f"{item}{i}" if isinstance(item, str) else item)


def _nest(owner: Any, key: Any, draw: Draw) -> None:
    for _ in range(draw.choice([1, 3, 70])):
        owner[key] = [owner[key]] if draw.random() < 0.5 else {"a": owner[key]}


def _borrow(owner: Any, key: Any, draw: Draw) -> None:
    there, name = draw.choice(places(_start(draw)))
    owner[key] = copy.deepcopy(there[name])


def _prolong(owner: Any, key: Any, draw: Draw) -> None:
    if isinstance(owner[key], str):
        owner[key] = draw.choice([owner[key] + draw.choice(TEXTS), draw.choice(TEXTS) + owner[key]])


_STRUCTURAL: list[Callable[[Any, Any, Draw], None]] = [
    *(_replace, _drop, _rename, _add, _repeat, _multiply, _nest, _borrow, _prolong)
]


def _written(manifest: Manifest, draw: Draw) -> str:
    as_json = json.dumps(manifest, indent=draw.choice([None, 2]), ensure_ascii=draw.random() < 0.5)
    if draw.random() < 0.4 or "ud800" in json.dumps(manifest):  # half a surrogate pair is for JSON's escapes
        return as_json
    flow = draw.choice([None, True, False])
    text: str = yaml.dump(
        manifest, Dumper=yaml.CSafeDumper, default_flow_style=flow, allow_unicode=True, sort_keys=False
    )
    return text


def _insert(text: str, draw: Draw) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(MARKS) + text[at:]


def _insert_before_a_word(text: str, draw: Draw) -> str:
    """Where a tag or an anchor is one, for YAML."""
    starts = [at for at in range(1, len(text)) if text[at - 1] in " \n" and text[at] not in " \n"]
    at = draw.choice(starts) if starts else 0
    return text[:at] + draw.choice(MARKS) + " " + text[at:]


def _instead_of_a_value(text: str, draw: Draw) -> str:
    lines = text.split("\n")
    number = draw.randrange(len(lines))
    key, colon, _ = lines[number].partition(": ")
    lines[number] = f"{key}{colon}{draw.choice(MARKS)}"
    return "\n".join(lines)


def _cut(text: str, draw: Draw) -> str:
    first, last = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    return text[:first] + text[first + min(last - first, 40) :]


def _end_early(text: str, draw: Draw) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _a_line_again(text: str, draw: Draw) -> str:
    lines = text.split("\n")
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))
    return "\n".join(lines)


def _indent(text: str, draw: Draw) -> str:
    lines = text.split("\n")
    number = draw.randrange(len(lines))
    lines[number] = draw.choice(["  ", "\t", " ", "- ", "? "]) + lines[number]
    return "\n".join(lines)


def _unquote(text: str, draw: Draw) -> str:
    return text.replace(draw.choice(["'", '"', "\n", ":"]), "", draw.choice([1, 10, 1000]))


_TEXTUAL: list[Callable[[str, Draw], str]] = [
    *(_insert, _insert_before_a_word, _instead_of_a_value, _cut, _end_early, _a_line_again, _indent, _unquote)
]


def _encoded(text: str, draw: Draw) -> bytes:
    chance = draw.random()
    data = text.encode(
        "utf-16" if chance < 0.01 else "utf-8-sig" if chance < 0.03 else "utf-8", "surrogatepass"
    )
    if data and chance > 0.95:
        changed = bytearray(data)
        for _ in range(draw.choice([1, 1, 8])):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        return bytes(changed)
    return data

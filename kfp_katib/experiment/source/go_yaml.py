# SPDX-License-Identifier: Apache-2.0
"""Unquoted YAML values that kubectl reads otherwise than we do, who take them for the text they look like.

kubectl's YAML (sigs.k8s.io/yaml 1.6, which resolves as go-yaml 2 does) takes `y` for true and `0o12` for 10.
A manifest that holds them runs here and, submitted as JSON, on Katib; pasted for kubectl it is another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from kfp_katib.experiment.problem import Finding, Problem
from kfp_katib.experiment.source.refusal import READ_OTHERWISE

_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_FRACTION = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", re.ASCII)
_LONGEST = 400  # a longer number is none to anybody


def go_value(text: str) -> str | bool | int | float | None:
    """What kubectl makes of an unquoted value; infinities and NaN, which JSON cannot have, stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST:
        return text
    plain = text.replace("_", "")
    if text[0] in "+-0123456789":
        return _number(plain, text)
    return _float(plain, text) if _FRACTION.fullmatch(text) else text


def _number(plain: str, text: str) -> str | int | float:
    if _INTEGER.fullmatch(plain):
        sign, digits = -1 if plain[0] == "-" else 1, plain.lstrip("+-").lower()
        base = {"0x": 16, "0b": 2, "0o": 8}.get(digits[:2], 8 if digits[0] == "0" else 10)
        value = sign * int(digits.removeprefix("0o"), base)
        if -(2**63) <= value < 2 ** (63 if plain[0] == "+" else 64):
            return value
    return _float(plain, text) if _FLOAT.fullmatch(plain) else text


def _float(plain: str, text: str) -> str | float:
    value = float(plain)
    return text if abs(value) == float("inf") else value


def read_otherwise(text: str, root: yaml.Node) -> list[Problem]:
    """A warning for every unquoted value or key of which kubectl makes something else than our loader.

    Args:
        text: The YAML.
        root: What the loader composed of it.
    """
    return [
        READ_OTHERWISE.problem(
            Finding(
                path,
                f"kubectl reads the unquoted {value} as {_shown(go)}.",
                f"Quote it: '{value}', or write {_written(go)}.",
                value,
            )
        )
        for path, value, go in _others(root, "", text, set())
    ]


def _others(node: yaml.Node, path: str, text: str, seen: set[int]) -> Iterator[tuple[str, str, object]]:
    """Path, text and Go's value of each; what an alias repeats is told once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if _is_plain_text(node, text) and not isinstance(go := go_value(node.value), str):
            yield path, node.value, go
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{path}.{key.value}" if path else str(key.value)
            yield from _others(key, name, text, seen)
            yield from _others(value, name, text, seen)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield from _others(item, f"{path}[{i}]", text, seen)


def _is_plain_text(node: yaml.ScalarNode, text: str) -> bool:
    """Whether a scalar is text by its looks: neither quoted nor tagged; an anchor may stand before it."""
    written = text[node.start_mark.index : node.end_mark.index]
    return node.style in (None, "") and node.tag.endswith(":str") and "!" not in written


def _shown(value: object) -> str:
    return _written(value) if isinstance(value, bool) else f"the number {_written(value)}"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)

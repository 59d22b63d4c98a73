# SPDX-License-Identifier: Apache-2.0
"""YAML as kubectl's Go library reads it (sigs.k8s.io/yaml 1.6, which resolves as go-yaml 2 does).

`1e-3` is a number to Go and text to PyYAML, `2024-01-01` is text to Go and a date to PyYAML: the loader sides
with Go. A few values stay text, though Go reads `y` as true and `0o12` as 10: a manifest with such values
runs here and, submitted as JSON, on Katib, but means something else to kubectl. So reading warns about them,
and writing quotes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import yaml

from kfp_katib.experiment.plain import READ_OTHERWISE
from kfp_katib.experiment.problem import Finding, Problem

TAG = "tag:yaml.org,2002:"
NULLS = ("", "~", "null", "Null", "NULL")

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVED_OTHERWISE = ("timestamp", "float", "int", "value")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"), False),
    **dict.fromkeys(NULLS, None),
}
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_FRACTION = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", re.ASCII)
_LONGEST = 400  # no parser reads a longer one as a number

_FIRST = ("apiVersion", "kind", "metadata", "name", "parameterType", "namespace", "spec", "type", "min")
_ESCAPED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]")
_ELSEWHERE_A_NUMBER = re.compile(r"[-+]?[._]*[0-9]|[yn]$", re.IGNORECASE)


class Loader(_Base):  # type: ignore[misc]  # the base is chosen at run time
    """The safe loader with Go's idea of a number, and without dates and YAML 1.1's default key `=`."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [pair for pair in pairs if pair[0].removeprefix(TAG) not in _RESOLVED_OTHERWISE]
        for first, pairs in _Base.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver(
    f"{TAG}float",
    re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*\.[0-9_]*|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?[0-9]+)?$"
        r"|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)
Loader.add_implicit_resolver(
    f"{TAG}int",
    re.compile(r"[-+]?(?:0b_*[01][01_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|0[0-7_]*|[1-9][0-9_]*)$"),
    list("-+0123456789"),
)
Loader.add_constructor(f"{TAG}merge", _Base.construct_yaml_str)  # `<<` as a value is text


def documents(text: str) -> list[yaml.Node]:
    """The documents in a text, composed, without the empty ones that helm and kustomize write."""
    return [node for node in yaml.compose_all(text, Loader) if not _is_null(node)]


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == f"{TAG}null" and node.value in NULLS


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


def read_otherwise(node: yaml.ScalarNode, path: str, text: str) -> Iterator[Problem]:
    """Warn about an unquoted, untagged value or key that our loader reads as text and kubectl does not.

    Args:
        node: What the loader composed.
        path: The field.
        text: The whole YAML; an anchor may stand before the value.
    """
    written, value = text[node.start_mark.index : node.end_mark.index], node.value
    is_text = node.style in (None, "") and node.tag == f"{TAG}str" and "!" not in written
    if is_text and not isinstance(go := go_value(value), str):
        instead = f"{go:g}" if isinstance(go, float) else str(go).lower()
        kind = "" if isinstance(go, bool) else "the number "
        seen = f"kubectl reads the unquoted {value} as {kind}{instead}."
        yield READ_OTHERWISE.problem(Finding(path, seen, f"Quote it: '{value}', or write {instead}.", value))


def dump(data: Mapping[str, Any]) -> str:
    """Plain data as YAML that kubectl's parser reads back unchanged."""
    return yaml.dump(_sorted(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes multi-line text as a block, so that scripts stay readable; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        """Quote what Go's YAML reads as a number or bool and PyYAML does not, such as `1e-3`, `-.1`.

        Many short lines are quoted too: as a block they would be mostly indentation, too large to read back.
        """
        style = "'" if _ELSEWHERE_A_NUMBER.match(data) else None
        if "\n" in data:
            style = "|" if data.count("\n") <= max(len(data) // 8, 100) else '"'
        style = '"' if _ESCAPED.search(data) else style
        return self.represent_scalar(f"{TAG}str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (_FIRST.index(key) if key in _FIRST else len(_FIRST), key))
        return {key: _sorted(value[key]) for key in keys}
    return [_sorted(item) for item in value] if isinstance(value, list) else value

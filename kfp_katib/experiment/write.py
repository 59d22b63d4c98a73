# SPDX-License-Identifier: Apache-2.0
"""An Experiment as YAML that reads well and can be pasted into Katib's dashboard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from kfp_katib.experiment.model import Experiment

_FIRST = ("apiVersion", "kind", "metadata", "name", "parameterType", "namespace", "spec", "type", "min")
_ESCAPED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]")
_ELSEWHERE_A_NUMBER = re.compile(r"[-+]?[._]*[0-9]|[yn]$", re.IGNORECASE)


def to_yaml(experiment: Experiment) -> str:
    """Block style, keys in Kubernetes' usual order; equal Experiments give equal text."""
    return dump(experiment.manifest)


def dump(data: Mapping[str, Any]) -> str:
    """Plain data as YAML that Go's parser, kubectl's, reads as they are."""
    return yaml.dump(_sorted(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _block(data: str) -> str:
    """Lines that are short and many would be mostly indentation, and more than is read again."""
    return "|" if data.count("\n") <= max(len(data) // 8, 100) else '"'


class _Dumper(yaml.SafeDumper):
    """Several lines as a block, so that scripts stay readable; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        """Quote what Go's YAML takes for a number or bool and PyYAML does not, such as `1e-3`, `-.1`."""
        style = _block(data) if "\n" in data else "'" if _ELSEWHERE_A_NUMBER.match(data) else None
        style = '"' if _ESCAPED.search(data) else style
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (_FIRST.index(key) if key in _FIRST else len(_FIRST), key))
        return {key: _sorted(value[key]) for key in keys}
    return [_sorted(item) for item in value] if isinstance(value, list) else value

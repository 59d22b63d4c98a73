# SPDX-License-Identifier: Apache-2.0
"""`${pipeline.*}`: what a manifest may leave open until the pipeline runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.experiment.choices import closest

PIPELINE = re.compile(r"\$\{pipeline\.([^${}]*)\}")

OPTIONS = {
    "dataset": "--dataset",
    "models": "--models",
    "experiment": "--name",
    "run_id": "--run-id",
    "image": "--image",
}
"""Each placeholder, and the option of `kfp-katib render` that gives its value."""


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string in the data, with its path; keys are not looked at."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from strings(item, f"{path}[{i}]")


def used(data: Mapping[str, Any]) -> dict[str, str]:
    """The placeholders that stand in the data, each with the path where it stands first."""
    found: dict[str, str] = {}
    for path, text in strings(data):
        for name in PIPELINE.findall(text):
            found.setdefault(name, path)
    return found


def fill(value: Any, values: Mapping[str, str]) -> Any:
    """A copy of the data with every known placeholder replaced, in one pass and as plain text."""
    if isinstance(value, str):
        return PIPELINE.sub(lambda match: values.get(match[1], match[0]), value)
    if isinstance(value, Mapping):
        return {key: fill(item, values) for key, item in value.items()}
    return [fill(item, values) for item in value] if isinstance(value, list) else value


def suggestion(name: str) -> str:
    """What to write instead of an unknown placeholder."""
    close = closest(name, OPTIONS)
    known = ", ".join(f"${{pipeline.{option}}}" for option in OPTIONS)
    return f"Did you mean ${{pipeline.{close}}}?" if close else f"Use one of {known}."

# SPDX-License-Identifier: Apache-2.0
"""What a manifest leaves open: `${pipeline.*}` until a pipeline runs, `${trialSpec.*}` until a trial does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import re2

from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.parts import Manifest
from kfp_katib.experiment.plain import leaves

PIPELINE = re.compile(r"\$\{pipeline\.([^${}]*)\}")

OPTIONS = {
    "dataset": "dataset",
    "models": "models",
    "experiment": "name",
    "run_id": "run_id",
    "image": "image",
}
"""Each placeholder, and the argument of `render` that gives its value."""

# Searched for, not matched, as in Katib. Python's engine would take n * n steps for "${trialSpec." * n.
META = re2.compile(r"\$\{trialSpec\.(.+?)\}")
META_NAMES = ("Name", "Namespace", "Kind", "APIVersion")
META_TABLES = ("Labels", "Annotations")
_INDEXED = re2.compile(r"(.+)\[(.+)\]")


def used(data: Mapping[str, Any]) -> dict[str, str]:
    """The placeholders in the values of the data, each with the path of its first use."""
    found: dict[str, str] = {}
    for path, value in leaves(data):
        for name in PIPELINE.findall(value) if isinstance(value, str) else ():
            found.setdefault(name, path)
    return found


def filled(manifest: Manifest, values: Mapping[str, str | None], name: str) -> Manifest:
    """A copy of the manifest with every known placeholder replaced, in one pass and as plain text.

    An unknown one stays: either a rule refuses it, or it is in a field that Katib ignores.

    Args:
        manifest: The manifest.
        values: The value of each placeholder; empty where there is none.
        name: The Experiment's name, for the message.

    Raises:
        InputError: A placeholder has no value; the message names all of them.
    """
    missing = {
        place: path for place, path in used(manifest).items() if place in OPTIONS and not values[place]
    }
    if missing:
        lines = [
            f"  {path}: ${{pipeline.{place}}} has no value; give {argument(OPTIONS[place])}."
            for place, path in missing.items()
        ]
        raise InputError("\n".join([f"Experiment '{name}' cannot be rendered:", *lines]))
    made: Manifest = _fill(manifest, values)
    return made


def _fill(value: Any, values: Mapping[str, str | None]) -> Any:
    if isinstance(value, str):
        return PIPELINE.sub(lambda match: values.get(match[1]) or match[0], value)
    if isinstance(value, Mapping):
        return {key: _fill(item, values) for key, item in value.items()}
    return [_fill(item, values) for item in value] if isinstance(value, list) else value


def suggestion(name: str) -> str:
    """What to write instead of an unknown placeholder."""
    close = closest(name, OPTIONS)
    known = ", ".join(f"${{pipeline.{option}}}" for option in OPTIONS)
    return f"Did you mean ${{pipeline.{close}}}?" if close else f"Use one of {known}."


class Meta(NamedTuple):
    """What a reference takes from the trial: one of `META_NAMES`, or an item of `META_TABLES`."""

    key: str
    item: str = ""


def meta(reference: str) -> Meta | None:
    """What a trialParameter's reference means, None if Katib treats it as a search parameter."""
    found = META.search(reference)
    if not found:
        return None
    indexed = _INDEXED.search(found[1])
    read = Meta(indexed[1], indexed[2]) if indexed else Meta(found[1])
    return read if read.key in (*META_NAMES, *META_TABLES) else None

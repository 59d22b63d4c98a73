# SPDX-License-Identifier: Apache-2.0
"""For every rule at least one manifest that breaks it, from `tests/data/broken_manifests.yaml`.

`tests/engines/katib/live` sends the cases whose rule is marked `webhook` to a real Katib, which must refuse
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import ABSENT, CONTAINER, POD, changed
from tests.builders.valid import VALID
from tests.places import DATA

TABLE = DATA / "broken_manifests.yaml"

PARTS = {
    "template": "spec.trialTemplate",
    "job": "spec.trialTemplate.trialSpec",
    "pod": POD,
    "container": CONTAINER,
    "space": "spec.parameters[0].feasibleSpace",
    "settings": "spec.algorithm.algorithmSettings",
    "collector": "spec.metricsCollectorSpec",
}


@dataclass(frozen=True)
class Case:
    """One broken manifest.

    Attributes:
        rule: The rule that must fire.
        changes: What makes the valid manifest break it.
        path: Where the rule must see it.
        message: A piece of the message or mend.
        start: The valid manifest, by its name in `VALID`.
        also: Other rules that fire, for the same reason.
        refused: A piece of what Katib says, where it refuses the manifest for what follows from the mistake.
    """

    rule: str
    changes: Mapping[str, Any]
    path: str
    message: str
    start: str = "random"
    also: tuple[str, ...] = ()
    refused: str = ""

    @property
    def manifest(self) -> Manifest:
        """A fresh copy of the broken manifest."""
        values = {path: ABSENT if value == "$absent" else value for path, value in self.changes.items()}
        return changed(VALID[self.start](), values)


def _path(text: str) -> str:
    """A path with the parts behind `$` written out."""
    return re.sub(r"^\$(\w+)", lambda match: PARTS[match[1]], text)


def _case(rule: str, entry: Mapping[str, Any]) -> Case:
    changes = {_path(path): value for path, value in entry["changes"].items()}
    return Case(rule, **{**entry, "changes": changes, "path": _path(entry["path"])})


CASES = tuple(
    _case(rule, entry)
    for rule, entries in yaml.safe_load(TABLE.read_text(encoding="utf-8")).items()
    for entry in entries
)

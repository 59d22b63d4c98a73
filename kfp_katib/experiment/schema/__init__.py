# SPDX-License-Identifier: Apache-2.0
"""The fields of a Katib Experiment and of the Kubernetes Job in it, with their types.

The table is made from the Katib project's own models (kubeflow-katib-api) by `__main__`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object type.

    Attributes:
        fields: Each field's kind: `string`, `integer`, `number`, `boolean`, `any`, `quantity`,
            `int-or-string`, another type's name, `[kind]` for a list, `{kind}` for a map.
        required: Fields without which Kubernetes refuses the object.
    """

    fields: Mapping[str, str]
    required: tuple[str, ...]


@cache
def object_types() -> Mapping[str, ObjectType]:
    """Every object type by its name."""
    table = json.loads(Path(__file__).with_name("fields.json").read_text(encoding="utf-8"))
    return {name: ObjectType(entry["fields"], tuple(entry["required"])) for name, entry in table.items()}

# SPDX-License-Identifier: Apache-2.0
"""The fields of a Katib Experiment and of the Kubernetes Job in it, with their types.

The table is made from the Katib project's own models (kubeflow-katib-api) by `__main__`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("fields.json")
JOB = ("batch/v1", "Job")
"""A Kubernetes Job's apiVersion and kind; other groups have kinds of the same name."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object type.

    Attributes:
        fields: Each field's kind: `string`, `integer` (of 32 bits), `int64`, `number`, `boolean`, `any`,
            `quantity`, `int-or-string`, another type's name, `[kind]` for a list, `{kind}` for a map.
        required: Fields without which Kubernetes refuses the object.
        omitted: Fields that Kubernetes leaves out if they are empty: Go's `omitempty`.
    """

    fields: Mapping[str, str]
    required: Collection[str] = ()
    omitted: Collection[str] = ()


@cache
def object_types() -> Mapping[str, ObjectType]:
    """Every object type by its name."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return {name: ObjectType(**entry) for name, entry in table.items()}


def is_job(trial_spec: Mapping[str, Any]) -> bool:
    """Whether a trial is a Kubernetes Job, not another group's kind of the same name."""
    return (trial_spec.get("apiVersion"), trial_spec.get("kind")) == JOB

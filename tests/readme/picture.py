# SPDX-License-Identifier: Apache-2.0
"""The arrows of a compiled pipeline, so that the README's picture can be held against it."""

from __future__ import annotations

from typing import Any

Edge = tuple[str, str]
Spec = dict[str, Any]


def arrows(spec: Spec) -> set[Edge]:
    """Which step hands something to which, through exit handlers and conditions."""
    found: set[Edge] = set()
    walk(spec, spec["root"]["dag"], {}, found)
    return found


def walk(spec: Spec, dag: Spec, given: dict[str, str], found: set[Edge]) -> None:
    """Add the arrows of one DAG; `given` maps the DAG's inputs to the steps that made them."""
    for name, task in dag["tasks"].items():
        origins = {key: origin for key, value in sources(task) if (origin := resolve(value, given))}
        component = spec["components"][task["componentRef"]["name"]]
        if "dag" in component:
            walk(spec, component["dag"], origins, found)
            condition = task.get("triggerPolicy", {}).get("condition", "")
            asked = {origin for key, origin in origins.items() if f"'{key}'" in condition}
            found |= {(origin, step) for origin in asked for step in steps(spec, component["dag"])}
        else:
            found |= {(origin, name) for origin in origins.values()}


def steps(spec: Spec, dag: Spec) -> set[str]:
    """The steps that stand right in a DAG, without those of the DAGs in it."""
    return {
        name
        for name, task in dag["tasks"].items()
        if "dag" not in spec["components"][task["componentRef"]["name"]]
    }


def sources(task: Spec) -> list[tuple[str, Spec]]:
    """Every input of a task with where it comes from."""
    inputs = task.get("inputs", {})
    return [*inputs.get("artifacts", {}).items(), *inputs.get("parameters", {}).items()]


def resolve(value: Spec, given: dict[str, str]) -> str:
    """The step that makes an input, empty where no step does."""
    for kind in ("taskOutputArtifact", "taskOutputParameter"):
        if kind in value:
            return str(value[kind]["producerTask"])
    return given.get(value.get("componentInputArtifact") or value.get("componentInputParameter") or "", "")

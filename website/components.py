# SPDX-License-Identifier: Apache-2.0
"""Prints the reference of the components: `python -m website.components > docs/reference/components.md`.

Types, defaults and images are those of the compiled YAML in tests/golden. The sentences and the order are
those of the components' functions: compiled YAML says nothing about outputs, and sorts by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import griffe
import yaml

ROOT = Path(__file__).parents[1]
COMPILED = ROOT / "tests" / "golden" / "components"
ORDER = (
    "prepare_data",
    "launch_katib",
    "extract_best_model",
    "evaluate_model",
    "promote",
    "register_model",
    "clean_up",
    "vertex_study",
    "vertex_result",
)
TYPES = {
    "STRING": "str",
    "NUMBER_INTEGER": "int",
    "NUMBER_DOUBLE": "float",
    "BOOLEAN": "bool",
    "LIST": "list",
    "STRUCT": "dict",
}
Spec = dict[str, Any]

_HEAD = """\
# The components

<!-- Made by `python -m website.components`; a test keeps it so. -->

Each is a step for a pipeline of your own: in Python from `kfp_katib.components`, or as YAML, which
`make compile` writes into build/components. A type with a capital letter is an artifact of Kubeflow
Pipelines, any other a parameter. Steps run in the runtime image; those that call a `function` of yours run in
the training image, which has it.
"""


def document() -> str:
    """The whole page."""
    return "".join([_HEAD, *(_section(name) for name in ORDER)])


def _section(name: str) -> str:
    compiled = next(yaml.safe_load_all((COMPILED / f"{name}.yaml").read_text(encoding="utf-8")))
    (spec,) = compiled["components"].values()
    (executor,) = compiled["deploymentSpec"]["executors"].values()
    image = "training" if "-training" in executor["container"]["image"] else "runtime"
    told = _told(name)
    lines = [
        f"\n## {name}\n",
        f"{told.pop('')}\n",
        f"Runs in the {image} image; [its source](../../components/{name}.py).\n",
        *_inputs(spec["inputDefinitions"], told),
        *_outputs(spec["outputDefinitions"], told),
    ]
    return "\n".join(lines)


def _inputs(given: Spec, told: Mapping[str, str]) -> Iterator[str]:
    entries = given.get("artifacts", {}) | given.get("parameters", {})
    yield "| input | type | default | what it is |\n|---|---|---|---|"
    for name in (name for name in told if name in entries):
        yield f"| `{name}` | {_type(entries[name])} | {_default(entries[name])} | {told[name]} |"
    yield ""


def _outputs(made: Spec, told: Mapping[str, str]) -> Iterator[str]:
    """The artifacts have a sentence each, the parameters one sentence together."""
    artifacts, parameters = made.get("artifacts", {}), made.get("parameters", {})
    if artifacts:
        yield "| output | type | what it is |\n|---|---|---|"
        for name in (name for name in told if name in artifacts):
            yield f"| `{name}` | {_type(artifacts[name])} | {told[name]} |"
        yield ""
    if parameters:
        names, sentence = told["return"].split(": ", 1)
        typed = ", ".join(f"`{name}` ({_type(parameters[name])})" for name in names.split())
        yield f"{'And' if artifacts else 'Output:'} {typed}: {sentence[0].lower()}{sentence[1:]}\n"


def _type(entry: Spec) -> str:
    if "artifactType" in entry:
        return str(entry["artifactType"]["schemaTitle"]).removeprefix("system.")
    return TYPES[entry["parameterType"]]


def _default(entry: Spec) -> str:
    if "defaultValue" not in entry:
        return "none" if entry.get("isOptional") else "required"
    value = entry["defaultValue"]
    return f"`{int(value)!r}`" if entry["parameterType"] == "NUMBER_INTEGER" else f"`{value!r}`"


def _told(name: str) -> dict[str, str]:
    """What a function says of itself (""), of each argument in its order, and of what it returns.

    The names of the parameters that it returns stand before the sentence.
    """
    function = griffe.load(f"components.{name}", search_paths=[ROOT])[name]
    told = {}
    for section in function.docstring.parse("google"):
        if section.kind is griffe.DocstringSectionKind.text:
            told[""] = section.value
        elif section.kind is griffe.DocstringSectionKind.parameters:
            told |= {argument.name: _line(argument.description) for argument in section.value}
        elif section.kind is griffe.DocstringSectionKind.returns:
            # Of `NamedTuple(Best, [(value, float), ...`
            names = " ".join(re.findall(r"[\[ ]\((\w+),", str(function.returns)))
            told["return"] = _line(f"{names}: {' '.join(each.description for each in section.value)}")
    return told


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())

# SPDX-License-Identifier: Apache-2.0
"""What a pipeline author relies on: names, types, defaults and descriptions of every component."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml

import components
from tests.places import ROOT

STEPS = [name for name in components.__all__ if name.islower()]
LONGEST_BODY = 15
"""Lines. What is longer belongs into kfp_katib, where it is tested without kfp."""


def spec(step: str) -> dict[str, Any]:
    """A component's inputs and outputs in its YAML, which tests/test_compile.py holds to the code."""
    document = yaml.safe_load((ROOT / "tests" / "golden" / "components" / f"{step}.yaml").read_text())
    found: dict[str, Any] = document["root"]
    return found


def names(definitions: dict[str, Any]) -> dict[str, str]:
    """Parameters and artifacts with their types."""
    parameters = {name: entry["parameterType"] for name, entry in definitions.get("parameters", {}).items()}
    artifacts = {
        name: entry["artifactType"]["schemaTitle"] for name, entry in definitions.get("artifacts", {}).items()
    }
    return parameters | artifacts


OUTPUTS = {
    "prepare_data": {"dataset": "system.Dataset"},
    "launch_katib": {
        "best_model": "system.Model",
        "trials": "system.Dataset",
        "metrics": "system.Metrics",
        "summary": "system.Markdown",
        "report": "system.HTML",
        "best_hyperparameters": "STRUCT",
        "best_parameters": "STRING",
        "best_value": "NUMBER_DOUBLE",
        "best_trial": "STRING",
        "experiment_name": "STRING",
    },
    "extract_best_model": {"model": "system.Model", "pruned": "NUMBER_INTEGER"},
    "evaluate_model": {"metrics": "system.Metrics", "report": "system.HTML", "passed": "BOOLEAN"},
    "promote": {"address": "STRING"},
    "register_model": {"registered_model_id": "STRING", "version": "STRING"},
    "clean_up": {"ended": "NUMBER_INTEGER"},
    "vertex_study": {
        "planned": "STRING",
        "display_name": "STRING",
        "study_spec_metrics": "LIST",
        "study_spec_parameters": "LIST",
        "worker_pool_specs": "LIST",
        "study_spec_algorithm": "STRING",
        "study_spec_measurement_selection_type": "STRING",
        "max_trial_count": "NUMBER_INTEGER",
        "parallel_trial_count": "NUMBER_INTEGER",
        "max_failed_trial_count": "NUMBER_INTEGER",
        "base_output_directory": "STRING",
    },
}
OUTPUTS["vertex_result"] = OUTPUTS["launch_katib"]

REQUIRED = {
    "prepare_data": set(),
    "launch_katib": {"experiment"},
    "extract_best_model": {"best_model", "trials"},
    "evaluate_model": {"model", "dataset"},
    "promote": {"model"},
    "register_model": {"model", "name"},
    "clean_up": {"run_id"},
    "vertex_study": {"experiment", "models"},
    "vertex_result": {"planned"},
}


@pytest.mark.parametrize("step", STEPS)
def test_outputs_are_typed(step: str) -> None:
    """A model is a Model and a count an integer: the dashboard and the next step know what they get."""
    assert names(spec(step)["outputDefinitions"]) == OUTPUTS[step]


@pytest.mark.parametrize("step", STEPS)
def test_only_what_has_no_sensible_default_is_required(step: str) -> None:
    """Everything else can be left out."""
    inputs = spec(step)["inputDefinitions"]
    entries = inputs.get("parameters", {}) | inputs.get("artifacts", {})
    assert {name for name, entry in entries.items() if not entry.get("isOptional")} == REQUIRED[step]


@pytest.mark.parametrize("step", STEPS)
def test_every_input_is_described(step: str) -> None:
    """The dashboard shows these texts, and nothing else tells a reader of the YAML what an input is for."""
    inputs = spec(step)["inputDefinitions"]
    entries = inputs.get("parameters", {}) | inputs.get("artifacts", {})
    assert [name for name, entry in entries.items() if not entry.get("description")] == []


@pytest.mark.parametrize("step", STEPS)
def test_every_output_artifact_is_described(step: str) -> None:
    """Kfp copies no descriptions of outputs; the docstring has them all the same."""
    function = getattr(components, step).python_func
    documented = inspect.getdoc(function) or ""
    artifacts = spec(step)["outputDefinitions"].get("artifacts", {})
    assert [name for name in artifacts if f"    {name}: " not in documented] == []


@pytest.mark.parametrize("step", STEPS)
def test_a_body_is_short(step: str) -> None:
    """A component names inputs and outputs; what it does is library code."""
    tree = ast.parse((ROOT / "components" / f"{step}.py").read_text())
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    first, last = function.body[1], function.body[-1]
    assert last.end_lineno is not None
    assert last.end_lineno - first.lineno + 1 <= LONGEST_BODY


@pytest.mark.parametrize("path", sorted(ROOT.glob("components/*.py")), ids=lambda path: path.name)
def test_a_call_with_many_arguments_names_them(path: Path) -> None:
    """Nobody sees that two of six texts are in the wrong order."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert [ast.unparse(call) for call in calls if len(call.args) > 5] == []


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("components/*.py"), *ROOT.glob("pipelines/**/*.py")]),
    ids=lambda path: path.name,
)
def test_annotations_are_objects(path: Path) -> None:
    """Postponed annotations make kfp fail with a message about something else."""
    assert "from __future__ import annotations" not in path.read_text()


@pytest.mark.parametrize("path", sorted(ROOT.glob("components/*.py")), ids=lambda path: path.name)
def test_components_import_one_another_relatively(path: Path) -> None:
    """So the same files are `components` in the checkout and `kfp_katib.components` in the wheel."""
    tree = ast.parse(path.read_text())
    absolute = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    assert [
        module for module in absolute if str(module).startswith(("components", "kfp_katib.components"))
    ] == []


def test_the_images_carry_the_packages_version() -> None:
    """A released pipeline runs the code that it was compiled from."""
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = (components.RUNTIME_IMAGE, components.TRAINING_IMAGE)
    assert images == (f"kfp-katib-runtime:{version}", f"kfp-katib-training:{version}")


def test_images_are_named_in_one_place_only() -> None:
    """Whoever changes a name changes it once."""
    named = [
        path.name
        for folder in ("components", "pipelines", "kfp_katib")
        for path in ROOT.glob(f"{folder}/**/*.py")
        if "kfp-katib-runtime" in path.read_text() or "kfp-katib-training" in path.read_text()
    ]
    assert named == ["_image.py"]

# SPDX-License-Identifier: Apache-2.0
"""Neural architecture search: what enas and darts need. Only Katib runs it; we check and pass it through."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.rules.numbers import number
from kfp_katib.experiment.rules.rule import Finding, rule
from kfp_katib.experiment.rules.settings import ARCHITECTURE, SUGGESTIONS
from kfp_katib.experiment.rules.view import Part, View

_NAS = "spec.nasConfig"


@rule("nas-config-missing")
def nas_config_missing(view: View) -> Iterator[Finding]:
    """`enas` and darts search architectures, but there is no nasConfig."""
    if view.algorithm in ARCHITECTURE and "nasConfig" not in view.spec:
        mend = "Add it in place of spec.parameters, or use another algorithm."
        yield Finding(_NAS, f"{view.algorithm} needs spec.nasConfig.", mend, view.algorithm)


@rule("nas-config-unused")
def nas_config_unused(view: View) -> Iterator[Finding]:
    """Only enas and darts read nasConfig; any other algorithm has nothing to suggest."""
    if "nasConfig" in view.spec and not view.parameters and view.algorithm in set(SUGGESTIONS) - ARCHITECTURE:
        mend = "Use enas or darts, or spec.parameters."
        yield Finding(_NAS, f"{view.algorithm} does not read spec.nasConfig.", mend, view.algorithm)


@rule("nas-graph-incomplete")
def nas_graph_incomplete(view: View) -> Iterator[Finding]:
    """`enas` refuses a graph without layers, input sizes or output sizes."""
    graph = view.spec.get("nasConfig", {}).get("graphConfig", {})
    for name in ("numLayers", "inputSizes", "outputSizes"):
        if view.algorithm == "enas" and "nasConfig" in view.spec and not graph.get(name):
            yield Finding(f"{_NAS}.graphConfig.{name}", f"enas needs {name}.", "Add it.")


@rule("nas-operation-incomplete")
def nas_operation_incomplete(view: View) -> Iterator[Finding]:
    """An operation lacks its type or its parameters."""
    for path, operation in view.listed(f"{_NAS}.operations"):
        for name in ("operationType", "parameters"):
            if view.algorithm in ARCHITECTURE and not operation.get(name):
                yield Finding(f"{path}.{name}", f"The operation has no {name}.", "Add it.")


@rule("nas-parameter-incomplete")
def nas_parameter_incomplete(view: View) -> Iterator[Finding]:
    """A parameter of an operation lacks what enas and darts refuse to do without."""
    for path, operation in view.listed(f"{_NAS}.operations"):
        for i, parameter in enumerate(operation.get("parameters", [])):
            missing = _missing(parameter) if view.algorithm in ARCHITECTURE else None
            if missing:
                where = f"{path}.parameters[{i}].{missing}"
                yield Finding(where, f"The parameter has no usable {missing}.", "Add it.", missing)


@rule("darts-asked-twice")
def darts_asked_twice(view: View) -> Iterator[Finding]:
    """`darts` answers the first request only; a second batch of trials never comes."""
    parallel, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount", 0)
    if view.algorithm == "darts" and most > parallel > 0:
        message = f"maxTrialCount {most} is above parallelTrialCount {parallel}."
        yield Finding("spec.parallelTrialCount", message, f"Set parallelTrialCount to {most}.", parallel)


def _missing(parameter: Part) -> str | None:
    """The first of a parameter's fields that the services' own check asks for."""
    space = parameter.get("feasibleSpace", {})
    kind = parameter.get("parameterType", "")
    step = number(space.get("step", ""))
    wanted = {
        "name": parameter.get("name"),
        "parameterType": kind,
        "feasibleSpace.list": kind not in ("categorical", "discrete") or space.get("list"),
        "feasibleSpace.min": kind not in ("int", "double") or space.get("min") or space.get("max"),
        "feasibleSpace.step": kind != "double" or (step is not None and step > 0),
    }
    return next((name for name, value in wanted.items() if not value), None)

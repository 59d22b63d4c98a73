# SPDX-License-Identifier: Apache-2.0
"""What enas, darts, hyperband and pbt need. Only Katib runs them; we check and pass them through."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.numbers import integer, number
from kfp_katib.experiment.rules.parameters import stepless
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.settings import ARCHITECTURE, SUGGESTIONS
from kfp_katib.experiment.rules.values import listed
from kfp_katib.experiment.rules.view import Part, View

_NAS = "spec.nasConfig"


@rule("nas-config-missing")
def nas_config_missing(view: View) -> Iterator[Finding]:
    """`enas` and darts search architectures, but there is no nasConfig."""
    if view.algorithm in ARCHITECTURE and "nasConfig" not in view.spec:
        fix = "Add it in place of spec.parameters, or use another algorithm."
        yield Finding(_NAS, f"{view.algorithm} needs spec.nasConfig.", fix, view.algorithm)


@rule("nas-config-unused")
def nas_config_unused(view: View) -> Iterator[Finding]:
    """Only enas and darts read nasConfig; any other algorithm has nothing to suggest."""
    if "nasConfig" in view.spec and not view.parameters and view.algorithm in set(SUGGESTIONS) - ARCHITECTURE:
        fix = "Use enas or darts, or spec.parameters."
        yield Finding(_NAS, f"{view.algorithm} does not read spec.nasConfig.", fix, view.algorithm)


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


@rule("hyperband-resource-unknown")
def hyperband_resource_unknown(view: View) -> Iterator[Finding]:
    """`hyperband`'s resource_name is not a search parameter."""
    name = _setting(view, "resource_name")
    names = [str(parameter.get("name")) for _, parameter in view.parameters]
    if view.algorithm == "hyperband" and name and name not in names:
        message = f"resource_name is '{name}'."
        yield Finding("spec.algorithm.algorithmSettings", message, f"Write one of {', '.join(names)}.", name)


@rule("hyperband-parallel-too-low")
def hyperband_parallel_too_low(view: View) -> Iterator[Finding]:
    """`hyperband` needs as many parallel trials as its first rung has."""
    resource, eta = number(_setting(view, "r_l")), number(_setting(view, "eta")) or 3
    parallel = view.spec["parallelTrialCount"]
    if view.algorithm != "hyperband" or not resource or resource <= 0 or int(eta) < 2:
        return
    needed = math.ceil(int(eta) ** int(math.log(resource) / math.log(int(eta))))
    if parallel < needed:
        message = f"hyperband needs {needed} trials at a time, parallelTrialCount is {parallel}."
        yield Finding("spec.parallelTrialCount", message, f"Set it to {needed} or more.", parallel)


@rule("hyperband-beyond-first-rung", severity="warning")
def hyperband_beyond_first_rung(view: View) -> Iterator[Finding]:
    """After its first rung hyperband gives fewer suggestions than Katib asks for, and Katib hangs."""
    parallel, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount", 0)
    if view.algorithm == "hyperband" and most > parallel > 1:
        message = f"maxTrialCount {most} is above parallelTrialCount {parallel}."
        yield Finding("spec.maxTrialCount", message, "Set both to the size of the first rung.", most)


@rule("hyperband-discrete-not-integer")
def hyperband_discrete_not_integer(view: View) -> Iterator[Finding]:
    """`hyperband` makes integers of discrete values, and fails on others."""
    for path, parameter, values in listed(view):
        for i, value in enumerate(values):
            if (
                view.algorithm == "hyperband"
                and parameter["parameterType"] == "discrete"
                and integer(value) is None
            ):
                yield Finding(
                    f"{path}[{i}]", f"The value is '{value}'.", "Make the parameter categorical.", value
                )


@rule("pbt-step-missing")
def pbt_step_missing(view: View) -> Iterator[Finding]:
    """`pbt` needs a step for every double."""
    yield from stepless(view, "pbt")


@rule("pbt-without-volume")
def pbt_without_volume(view: View) -> Iterator[Finding]:
    """`pbt` keeps its trials' checkpoints on a volume that only resumePolicy FromVolume brings."""
    policy = view.spec["resumePolicy"]
    if view.algorithm == "pbt" and policy != "FromVolume":
        yield Finding("spec.resumePolicy", f"resumePolicy is {policy}.", "Write FromVolume.", policy)


def _setting(view: View, name: str) -> str:
    values = [str(setting.get("value", "")) for _, setting in view.settings if setting.get("name") == name]
    return values[-1] if values else ""


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

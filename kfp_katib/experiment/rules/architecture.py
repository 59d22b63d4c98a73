# SPDX-License-Identifier: Apache-2.0
"""What the searches for neural architectures, enas and darts, need of a nasConfig, and what Katib's refuse.

Follows Katib 0.19 (`pkg/suggestion/v1beta1/nas`). Some of what its services stumble over is right, and runs
on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.feasible_space import TYPES, Range, arange, integer, number, range_of
from kfp_katib.experiment.rules.paths import Part, items, objects, part
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.services import ARCHITECTURE
from kfp_katib.experiment.rules.view import View

_OPERATIONS = "spec.nasConfig.operations[]"


@rule("nas-graph-incomplete")
def nas_graph_incomplete(view: View) -> Iterator[Finding]:
    """`enas` refuses a graph without layers, input sizes or output sizes."""
    path, graph = "spec.nasConfig.graphConfig", part(view.spec, "nasConfig", "graphConfig")
    lost = [name for name in ("numLayers", "inputSizes", "outputSizes") if not graph.get(name)]
    lost += ["numLayers"] if graph.get("numLayers", 0) < 0 else []
    if view.algorithm == "enas" and "nasConfig" in view.spec and lost:
        where = f"{path}.{lost[0]}" if len(lost) == 1 else path
        yield Finding(
            where, f"enas needs {', '.join(lost)}.", f"Add {'it' if len(lost) == 1 else 'them'}.", lost
        )


@rule("nas-parameter-incomplete")
def nas_parameter_incomplete(view: View) -> Iterator[Finding]:
    """A parameter of an operation lacks what enas and darts refuse to do without."""
    parameters = objects(view.manifest, f"{_OPERATIONS}.parameters[]")
    for path, parameter in parameters if view.algorithm in ARCHITECTURE else ():
        missing = _missing(parameter)
        if missing:
            message = f"The parameter has no usable {missing}."
            yield Finding(f"{path}.{missing}", message, "Add it.", missing)


def _missing(parameter: Part) -> str | None:
    """The first field that a parameter lacks according to the services' own check."""
    space = parameter.get("feasibleSpace", {})
    kind = parameter.get("parameterType", "")
    wanted = {
        "name": parameter.get("name"),
        "parameterType": kind in TYPES,
        "feasibleSpace.list": kind not in ("categorical", "discrete") or space.get("list"),
        "feasibleSpace.min": kind not in ("int", "double") or space.get("min") or space.get("max"),
        "feasibleSpace.step": kind != "double" or number(space.get("step", "")) > 0,
    }
    return next((name for name, value in wanted.items() if not value), None)


@rule("enas-range-unusable")
def enas_range_unusable(view: View) -> Iterator[Finding]:
    """`enas` finds no value in the range of an operation's parameter, and suggests nothing, for ever."""
    for it in _ranges(view):
        whole = it.kind != "int" or None not in map(integer, (it.min, it.max, it.step or "1"))
        if not (whole and it.low <= it.high and (it.width > 0 or not it.step)):
            message = f"'{it.name}' is {it.kind} with min {it.min or 'missing'}, max {it.max or 'missing'}"
            step = f", step {it.step}" if it.step else ""
            fix = "Give numbers, whole ones for an int, with min at most max and a positive step."
            yield Finding(f"{it.path}", f"{message}{step}.", fix, it.name)


@rule("enas-values-unread", engine="katib")
def enas_values_unread(view: View) -> Iterator[Finding]:
    """`enas`' service fails on a discrete parameter, an int without a step, a double that misses its max."""
    for path, parameter in objects(view.manifest, f"{_OPERATIONS}.parameters[]"):
        if view.algorithm == "enas" and parameter.get("parameterType") == "discrete":
            message = f"'{parameter.get('name')}' is discrete; enas makes no operation of it."
            yield Finding(f"{path}.parameterType", message, "Make it categorical.", "discrete")
    for it in _ranges(view):
        if it.kind == "int" and not it.step:
            message = f"'{it.name}' is int without a step."
            yield Finding(f"{it.path}.step", message, "Write step: '1'.", it.name)
        if it.kind == "double" and (listed := arange(it)) and listed[1]:
            message = f"The steps of {it.step} from {it.min} miss max, which is {it.max}."
            fix = "Make max min plus whole steps, or list the values as categorical."
            yield Finding(f"{it.path}.max", message, fix, it.max)


def _ranges(view: View) -> Iterator[Range]:
    """The ranges of the int and double parameters of enas' operations."""
    for path, parameter in objects(view.manifest, f"{_OPERATIONS}.parameters[]"):
        space = parameter.get("feasibleSpace", {})
        bounded = space.get("min") or space.get("max")
        if view.algorithm == "enas" and bounded and parameter.get("parameterType") in ("int", "double"):
            yield range_of(path, parameter)


@rule("enas-cannot-learn", severity="warning", engine="katib")
def enas_cannot_learn(view: View) -> Iterator[Finding]:
    """`enas` rewards whatever it samples with the mean of all trials (katib#2494), so it learns nothing."""
    if view.algorithm == "enas":
        message = "enas cannot learn from trials: its architectures stay random."
        fix = "Do not expect later trials to be better."
        yield Finding("spec.algorithm.algorithmName", message, fix, "enas")


@rule("darts-operation-unnamed")
def darts_operation_unnamed(view: View) -> Iterator[Finding]:
    """`darts` names an operation by the list of its first parameter; one without a list fails or is lost."""
    for path, operation in objects(view.manifest, _OPERATIONS) if view.algorithm == "darts" else ():
        first = next(objects(operation, "parameters[]"), ("", {}))[1]
        kind = operation.get("operationType")
        if kind and kind != "skip_connection" and first.get("parameterType") in (None, "int", "double"):
            message = f"The first parameter of '{kind}' has no list, such as the filter sizes 3 and 5."
            yield Finding(f"{path}.parameters", message, "Give a categorical parameter.", kind)


@rule("nas-operation-without-parameters", engine="katib")
def nas_operation_without_parameters(view: View) -> Iterator[Finding]:
    """The services of enas and darts refuse an operation without parameters, even one that needs none."""
    for path, operation in objects(view.manifest, _OPERATIONS) if view.algorithm in ARCHITECTURE else ():
        kind = operation.get("operationType")
        needs_none = view.algorithm == "enas" or kind == "skip_connection"
        if kind and needs_none and not items(operation, "parameters"):
            fix = "Give it a categorical parameter with one value, which the trial may ignore."
            yield Finding(f"{path}.parameters", f"The operation '{kind}' has no parameters.", fix, kind)


@rule("darts-batch-size-none", severity="warning")
def darts_batch_size_none(view: View) -> Iterator[Finding]:
    """`darts` hands batch_size None on as null, which Katib's own trial image takes for no number."""
    for path, setting in view.settings if view.algorithm == "darts" else ():
        if (setting.get("name"), setting.get("value")) == ("batch_size", "None"):
            message = "batch_size is None: each trial is told null."
            yield Finding(f"{path}.value", message, "Leave it out for 128, or write a number.", "None")

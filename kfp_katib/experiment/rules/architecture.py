# SPDX-License-Identifier: Apache-2.0
"""What the searches for neural architectures, enas and darts, refuse to do without in a nasConfig."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import Part, objects, part
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.search_space import number
from kfp_katib.experiment.rules.services import ARCHITECTURE
from kfp_katib.experiment.rules.view import View


@rule("nas-graph-incomplete")
def nas_graph_incomplete(view: View) -> Iterator[Finding]:
    """`enas` refuses a graph without layers, input sizes or output sizes."""
    path, graph = "spec.nasConfig.graphConfig", part(view.spec, "nasConfig", "graphConfig")
    lost = [name for name in ("numLayers", "inputSizes", "outputSizes") if not graph.get(name)]
    if view.algorithm == "enas" and "nasConfig" in view.spec and lost:
        where = f"{path}.{lost[0]}" if len(lost) == 1 else path
        yield Finding(
            where, f"enas needs {', '.join(lost)}.", f"Add {'it' if len(lost) == 1 else 'them'}.", lost
        )


@rule("nas-parameter-incomplete")
def nas_parameter_incomplete(view: View) -> Iterator[Finding]:
    """A parameter of an operation lacks what enas and darts refuse to do without."""
    parameters = objects(view.manifest, "spec.nasConfig.operations[].parameters[]")
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
        "parameterType": kind,
        "feasibleSpace.list": kind not in ("categorical", "discrete") or space.get("list"),
        "feasibleSpace.min": kind not in ("int", "double") or space.get("min") or space.get("max"),
        "feasibleSpace.step": kind != "double" or number(space.get("step", "")) > 0,
    }
    return next((name for name, value in wanted.items() if not value), None)

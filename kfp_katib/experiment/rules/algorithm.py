# SPDX-License-Identifier: Apache-2.0
"""The algorithm, its settings, early stopping, and what enas, darts, hyperband and pbt need of the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kfp_katib.experiment.choices import hint
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.algorithm_settings import ARCHITECTURE, EARLY_STOPPING, SUGGESTIONS, Service
from kfp_katib.experiment.rules.rule import rule, several
from kfp_katib.experiment.rules.search_space import integer, number, values
from kfp_katib.experiment.rules.view import Part, View, objects

_ALGORITHM = "spec.algorithm"
_EARLY = "spec.earlyStopping"


def _services(view: View) -> Iterator[tuple[str, str, Service, list[tuple[str, Part]]]]:
    """Path, algorithm, service and settings: of the suggestion, then of early stopping."""
    for path, known in ((_ALGORITHM, SUGGESTIONS), (_EARLY, EARLY_STOPPING)):
        name = view.spec.get(path.removeprefix("spec."), {}).get("algorithmName", "")
        if name in known:
            yield path, name, known[name], view.listed(f"{path}.algorithmSettings")


@rule("algorithm-missing", webhook=True)
def algorithm_missing(view: View) -> Iterator[Finding]:
    """No algorithm is named."""
    if not view.algorithm:
        path = f"{_ALGORITHM}.algorithmName" if "algorithm" in view.spec else _ALGORITHM
        yield Finding(path, "No algorithm is named.", "Set algorithmName, such as random or tpe.")


@rule("algorithm-unknown", webhook=True)
def algorithm_unknown(view: View) -> Iterator[Finding]:
    """Katib's shipped configuration has no such algorithm."""
    if view.algorithm and view.algorithm not in SUGGESTIONS:
        fix = hint(view.algorithm, SUGGESTIONS)
        yield Finding(
            f"{_ALGORITHM}.algorithmName", f"Unknown algorithm '{view.algorithm}'.", fix, view.algorithm
        )


@rule("early-stopping-unknown", webhook=True)
def early_stopping_unknown(view: View) -> Iterator[Finding]:
    """Katib's shipped configuration has no such early-stopping algorithm."""
    name = view.spec.get("earlyStopping", {}).get("algorithmName", "")
    if name and name not in EARLY_STOPPING:
        fix = hint(name, EARLY_STOPPING)
        yield Finding(f"{_EARLY}.algorithmName", f"Unknown early-stopping algorithm '{name}'.", fix, name)


@rule("setting-unknown")
def setting_unknown(view: View) -> Iterator[Finding]:
    """The algorithm's service refuses a setting of this name, after the Experiment was created."""
    yield from _strays(view, "refused", "has no setting")


@rule("setting-ignored", severity="warning")
def setting_ignored(view: View) -> Iterator[Finding]:
    """The algorithm's service ignores a setting of this name."""
    yield from _strays(view, "ignored", "ignores the setting")


@rule("setting-invalid")
def setting_invalid(view: View) -> Iterator[Finding]:
    """The algorithm's service refuses the setting's value, after the Experiment was created."""
    for _, _, service, settings in _services(view):
        for path, setting in settings:
            name, value = setting.get("name", ""), setting.get("value", "")
            known = service.settings.get(name)
            if known and not known.accepts(value):
                yield Finding(f"{path}.value", f"{name} is '{value}'.", f"Write {known.wanted}.", value)


@rule("setting-missing")
def setting_missing(view: View) -> Iterator[Finding]:
    """The algorithm's service requires a setting that is not there."""
    for path, algorithm, service, settings in _services(view):
        given = {setting.get("name") for _, setting in settings}
        for name in (name for name in service.required if name not in given):
            yield Finding(
                f"{path}.algorithmSettings", f"{algorithm} needs the setting '{name}'.", "Add it.", name
            )


@rule("setting-repeated", severity="warning")
def setting_repeated(view: View) -> Iterator[Finding]:
    """A setting is given twice; the last one counts."""
    for path, _, _, settings in _services(view):
        for name in several(setting.get("name", "") for _, setting in settings):
            yield Finding(f"{path}.algorithmSettings", f"'{name}' is given twice.", "Keep one.", name)


@rule("early-stopping-ignored", severity="warning")
def early_stopping_ignored(view: View) -> Iterator[Finding]:
    """This collector never stops a trial."""
    if "earlyStopping" in view.spec and view.collector in ("Push", "PrometheusMetric", "Custom"):
        fix = "Use StdOut or File, or remove earlyStopping."
        yield Finding(_EARLY, f"The {view.collector} collector ignores early stopping.", fix)


def _strays(view: View, treatment: str, words: str) -> Iterator[Finding]:
    """The settings that a service does not know, of the services that treat such in this way."""
    for _, algorithm, service, settings in _services(view):
        for path, setting in settings:
            name = setting.get("name", "")
            if name not in service.settings and service.unknown == treatment:
                fix = hint(name, service.settings)
                yield Finding(f"{path}.name", f"{algorithm} {words} '{name}'.", fix, name)


@rule("nas-parameter-incomplete")
def nas_parameter_incomplete(view: View) -> Iterator[Finding]:
    """A parameter of an operation lacks what enas and darts refuse to do without."""
    parameters = objects(view.manifest, "spec.nasConfig.operations[].parameters[]")
    for path, parameter in parameters if view.algorithm in ARCHITECTURE else ():
        missing = _missing(parameter)
        if missing:
            message = f"The parameter has no usable {missing}."
            yield Finding(f"{path}.{missing}", message, "Add it.", missing)


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
    resource, eta = number(_setting(view, "r_l")), number(_setting(view, "eta"))
    base, parallel = int(eta) if abs(eta) > 0 else 3, view.spec["parallelTrialCount"]
    if view.algorithm != "hyperband" or not resource > 0 or base < 2:
        return
    needed = math.ceil(base ** int(math.log(resource) / math.log(base)))
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
    for path, value in values(view, "discrete") if view.algorithm == "hyperband" else ():
        if integer(value) is None:
            yield Finding(path, f"The value is '{value}'.", "Make the parameter categorical.", value)


def _setting(view: View, name: str) -> str:
    values = [str(setting.get("value", "")) for _, setting in view.settings if setting.get("name") == name]
    return values[-1] if values else ""


def _missing(parameter: Part) -> str | None:
    """The first of a parameter's fields that the services' own check asks for."""
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

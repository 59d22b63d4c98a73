# SPDX-License-Identifier: Apache-2.0
"""The algorithm, its settings, and early stopping."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.choices import hint
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.repeats import several
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.settings import EARLY_STOPPING, SUGGESTIONS, Service
from kfp_katib.experiment.rules.view import Part, View

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


@rule("early-stopping-missing", webhook=True)
def early_stopping_missing(view: View) -> Iterator[Finding]:
    """`earlyStopping` is there but names no algorithm."""
    early = view.spec.get("earlyStopping")
    if early is not None and not early.get("algorithmName"):
        path = f"{_EARLY}.algorithmName"
        yield Finding(
            path, "earlyStopping names no algorithm.", "Set it to medianstop, or remove earlyStopping."
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


@rule("early-stopping-without-retain", severity="warning")
def early_stopping_without_retain(view: View) -> Iterator[Finding]:
    """Without `retain: true` a stopped trial's Job is deleted before its metrics are read (katib#1377)."""
    if "earlyStopping" in view.spec and not view.template.get("retain"):
        fix = "Set spec.trialTemplate.retain to true."
        yield Finding("spec.trialTemplate.retain", "Early stopping needs retain: true.", fix, False)


@rule("early-stopping-breaks-collector")
def early_stopping_breaks_collector(view: View) -> Iterator[Finding]:
    """TensorFlowEvent's collector does not know stopping rules: every trial that gets one fails."""
    if "earlyStopping" in view.spec and view.collector == "TensorFlowEvent":
        fix = "Use StdOut or File, or remove earlyStopping."
        yield Finding(_EARLY, "Early stopping does not go with the TensorFlowEvent collector.", fix)


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

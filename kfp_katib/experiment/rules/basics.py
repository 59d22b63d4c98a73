# SPDX-License-Identifier: Apache-2.0
"""What an Experiment says of itself: its name and labels, its budget, objective, algorithm and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.choices import hint
from kfp_katib.experiment.defaults import PARALLEL_TRIALS
from kfp_katib.experiment.model import OURS, experiment_name
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.algorithm_settings import EARLY_STOPPING, SUGGESTIONS, Service
from kfp_katib.experiment.rules.rule import rule, several
from kfp_katib.experiment.rules.view import Part, View, part

_LONGEST = 40  # Katib's own limit
_CHOSEN = 5  # characters that Kubernetes adds to a generateName
_LABEL = 63  # Kubernetes' limit for the name of a Service and the value of a label
_UUID = 37  # what population based training adds to make a trial's name: a dash and a UUID
_PATH = "metadata.name"
_OBJECTIVE = "spec.objective"
_ALGORITHM = "spec.algorithm"
_EARLY = "spec.earlyStopping"
_LOW_IS_GOOD = re.compile(r"(^|[_\W])(loss|error|err|mse|mae|rmse|nll|perplexity)s?([_\W]|$)", re.IGNORECASE)
_HIGH_IS_GOOD = re.compile(r"(^|[_\W])(accuracy|acc|auc|f1|precision|recall|r2|iou)([_\W]|$)", re.IGNORECASE)


@rule("name-missing")
def name_missing(view: View) -> Iterator[Finding]:
    """The Experiment has no name."""
    if not experiment_name(view.metadata):
        yield Finding(_PATH, "The Experiment has no name.", "Set metadata.name, such as `my-search`.")


@rule("name-invalid", webhook=True)
def name_invalid(view: View) -> Iterator[Finding]:
    """The name does not start with a lower-case letter, or is longer than Katib's 40 characters."""
    name = experiment_name(view.metadata)
    given = view.metadata.get("name")
    length = len(name) if given else len(view.metadata.get("generateName", "")) + _CHOSEN
    if name and (not re.match("[a-z]", name) or length > _LONGEST):
        path, has = (_PATH, "has") if given else ("metadata.generateName", "will have")
        fix = f"Start with a lower-case letter and keep to {_LONGEST} characters."
        yield Finding(path, f"The name '{name}' {has} {length} characters.", fix, name)


@rule("name-not-a-label")
def name_not_a_label(view: View) -> Iterator[Finding]:
    """Katib's check lets the name pass, but no Kubernetes Service can be named after it."""
    name = experiment_name(view.metadata)
    if re.match("[a-z]", name) and not re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", name):
        fix = "Use lower-case letters, digits and '-', and end with a letter or digit."
        yield Finding(_PATH, f"The name is '{name}'.", fix, name)


@rule("service-name-too-long")
def service_name_too_long(view: View) -> Iterator[Finding]:
    """`<name>-<algorithm>`, which names the suggestion service, is longer than Kubernetes allows."""
    name = f"{experiment_name(view.metadata)}-{view.algorithm}"
    if len(name) > _LABEL:
        fix = f"Shorten the Experiment's name by {len(name) - _LABEL}."
        yield Finding(_PATH, f"'{name}' has {len(name)} characters, {_LABEL} are allowed.", fix, name)


@rule("pbt-name-too-long")
def pbt_name_too_long(view: View) -> Iterator[Finding]:
    """Population based training names trials by UUID, which with this name is too long for a Job."""
    name = experiment_name(view.metadata)
    if view.algorithm == "pbt" and len(name) + _UUID > _LABEL:
        fix = f"Keep the name to {_LABEL - _UUID} characters with pbt."
        yield Finding(_PATH, f"The name '{name}' has {len(name)} characters.", fix, name)


@rule("label-reserved")
def label_reserved(view: View) -> Iterator[Finding]:
    """The manifest itself says which pipeline run it belongs to: that run would adopt it, or end it."""
    for field in ("labels", "annotations"):
        for name, value in part(view.metadata, field).items():
            if name.startswith(OURS):
                message = f"'{name}' is '{value}'; whose an Experiment is, is written when it starts."
                fix = "Take it out; a manifest that was read from a cluster carries such."
                yield Finding(f"metadata.{field}.{name}", message, fix, value)


@rule("parallel-above-max", webhook=True)
def parallel_above_max(view: View) -> Iterator[Finding]:
    """`parallelTrialCount`, 3 where the manifest is silent, is above `maxTrialCount`."""
    count, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount")
    if most is not None and count > most:
        given = "parallelTrialCount" in view.given.get("spec", {})
        shown = count if given else f"{count} (Katib's default, {PARALLEL_TRIALS})"
        message = f"parallelTrialCount is {shown}, above maxTrialCount {most}."
        fix = f"Set parallelTrialCount to {max(most, 1)} or less."
        yield Finding("spec.parallelTrialCount", message, fix, count)


@rule("max-failed-above-max", webhook=True)
def max_failed_above_max(view: View) -> Iterator[Finding]:
    """`maxFailedTrialCount` is above `maxTrialCount`."""
    count, most = view.spec.get("maxFailedTrialCount"), view.spec.get("maxTrialCount")
    if count is not None and most is not None and count > most:
        message = f"maxFailedTrialCount is {count}, above maxTrialCount {most}."
        yield Finding("spec.maxFailedTrialCount", message, f"Set it to {max(most, 1)} or less.", count)


@rule("objective-among-additional", webhook=True)
def objective_among_additional(view: View) -> Iterator[Finding]:
    """The objective's metric stands among the additional ones as well."""
    name = view.objective.get("objectiveMetricName", "")
    if name and name in view.objective.get("additionalMetricNames", []):
        path = f"{_OBJECTIVE}.additionalMetricNames"
        yield Finding(path, f"It holds the objective's metric '{name}'.", "Remove it there.", name)


@rule("additional-metric-repeated", severity="warning")
def additional_metric_repeated(view: View) -> Iterator[Finding]:
    """An additional metric is named twice."""
    path = f"{_OBJECTIVE}.additionalMetricNames"
    for name in several(view.objective.get("additionalMetricNames", [])):
        yield Finding(path, f"'{name}' stands there twice.", "Remove one.", name)


@rule("strategy-repeated", severity="warning")
def strategy_repeated(view: View) -> Iterator[Finding]:
    """Two strategies for one metric; the first one counts."""
    given = part(view.given, "spec", "objective").get("metricStrategies", [])
    for name in several(strategy.get("name", "") for strategy in given):
        path = f"{_OBJECTIVE}.metricStrategies"
        yield Finding(path, f"The metric '{name}' has several strategies.", "Keep one.", name)


@rule("strategy-without-metric", severity="warning")
def strategy_without_metric(view: View) -> Iterator[Finding]:
    """A strategy is for a metric that the Experiment does not collect."""
    for path, strategy in view.listed(f"{_OBJECTIVE}.metricStrategies"):
        name = strategy.get("name", "")
        if view.metrics and name and name not in view.metrics:
            fix = "Add the metric to additionalMetricNames, or remove the strategy."
            yield Finding(f"{path}.name", f"'{name}' is not among the metrics.", fix, name)


@rule("goal-sign", severity="warning")
def goal_sign(view: View) -> Iterator[Finding]:
    """For a metric that is never negative, the goal is reached at once or never."""
    goal, kind = view.objective.get("goal"), view.objective.get("type")
    at_once, never = kind == "maximize" and (goal or 0) <= 0, kind == "minimize" and (goal or 0) < 0
    if goal is not None and (at_once or never):
        message = f"The goal is {goal}: {'any' if at_once else 'no'} positive value reaches it."
        yield Finding(f"{_OBJECTIVE}.goal", message, "Check its sign.", goal)


@rule("direction-unusual", severity="warning")
def direction_unusual(view: View) -> Iterator[Finding]:
    """The metric's name says that the other direction is meant."""
    name, kind = view.objective.get("objectiveMetricName", ""), view.objective.get("type")
    usual = {"maximize": _LOW_IS_GOOD, "minimize": _HIGH_IS_GOOD}.get(str(kind))
    if usual and usual.search(name):
        fix = f"Did you mean {'minimize' if kind == 'maximize' else 'maximize'}?"
        yield Finding(f"{_OBJECTIVE}.type", f"The search is to {kind} '{name}'.", fix, kind)


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
        message, fix = f"Unknown algorithm '{view.algorithm}'.", hint(view.algorithm, SUGGESTIONS)
        yield Finding(f"{_ALGORITHM}.algorithmName", message, fix, view.algorithm)


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
            message = f"{algorithm} needs the setting '{name}'."
            yield Finding(f"{path}.algorithmSettings", message, "Add it.", name)


@rule("setting-repeated", severity="warning")
def setting_repeated(view: View) -> Iterator[Finding]:
    """A setting is given twice; the last one counts."""
    for path, _, _, settings in _services(view):
        for name in several(setting.get("name", "") for _, setting in settings):
            yield Finding(f"{path}.algorithmSettings", f"'{name}' is given twice.", "Keep one.", name)


def _strays(view: View, treatment: str, words: str) -> Iterator[Finding]:
    """The settings that a service does not know, of the services that treat such in this way."""
    for _, algorithm, service, settings in _services(view):
        for path, setting in settings:
            name = setting.get("name", "")
            if name not in service.settings and service.unknown == treatment:
                fix = hint(name, service.settings)
                yield Finding(f"{path}.name", f"{algorithm} {words} '{name}'.", fix, name)

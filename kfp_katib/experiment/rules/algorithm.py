# SPDX-License-Identifier: Apache-2.0
"""The algorithm and early stopping: those of Katib's shipped configuration, and the settings they take.

Katib asks the services, which would refuse what is wrong here, only once the Experiment exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kfp_katib.experiment.choices import hint
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.feasible_space import integer
from kfp_katib.experiment.rules.paths import Part
from kfp_katib.experiment.rules.rule import rule, several
from kfp_katib.experiment.rules.services import (
    EARLY_STOPPING,
    HYPEROPT,
    OPTUNA,
    SKOPT,
    SUGGESTIONS,
    Service,
)
from kfp_katib.experiment.rules.view import View

_ALGORITHM = "spec.algorithm"
_EARLY = "spec.earlyStopping"
_SEED_BITS = {**dict.fromkeys(HYPEROPT | OPTUNA | SKOPT, 32), "cmaes": 63}
"""What numpy takes as a seed, and Go as an int; the other services take none."""


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
                message = f"{_told(name, service)} is '{value}'."
                yield Finding(f"{path}.value", message, f"Write {known.wanted}.", value)


@rule("setting-missing")
def setting_missing(view: View) -> Iterator[Finding]:
    """The algorithm's service requires a setting that is not there."""
    for path, algorithm, service, settings in _services(view):
        given = [setting.get("name") for _, setting in settings]
        lost = [name for name in service.required if name not in given]
        if lost:
            told = ", and ".join(_told(name, service) for name in lost)
            message = f"{algorithm} needs the setting{'s' * (len(lost) > 1)} {told}."
            fix = f"Add {', '.join(f'{{name: {name}, value: ...}}' for name in lost)}."
            yield Finding(f"{path}.algorithmSettings", message, fix, lost)


@rule("setting-repeated", severity="warning")
def setting_repeated(view: View) -> Iterator[Finding]:
    """A setting is given twice; the last one counts."""
    for path, _, _, settings in _services(view):
        for name in several(setting.get("name", "") for _, setting in settings):
            yield Finding(f"{path}.algorithmSettings", f"'{name}' is given twice.", "Keep one.", name)


@rule("setting-leads-nowhere")
def setting_leads_nowhere(view: View) -> Iterator[Finding]:
    """The algorithm's service takes the setting, but then fails at every request for suggestions."""
    estimator = view.chosen.get("base_estimator", "GP")
    for path, setting in view.settings:
        match view.algorithm, setting.get("name"), setting.get("value"):
            case "bayesianoptimization", "acq_func", "EIps" | "PIps" as value:
                message = f"{value} needs the time of each trial, which Katib's service never passes on."
                yield Finding(f"{path}.value", message, "Write gp_hedge, EI, LCB or PI.", value)
            case "bayesianoptimization", "acq_optimizer", "lbfgs" if estimator != "GP":
                message = f"lbfgs needs gradients, which base_estimator {estimator} does not have."
                yield Finding(f"{path}.value", message, "Write auto or sampling, or take GP.", "lbfgs")
            case "multivariate-tpe", "n_ei_candidates", str() as value if integer(value) == 0:
                message = "Without a candidate there is none to suggest."
                yield Finding(f"{path}.value", message, "Write 1 or more; 24 is the default.", value)


@rule("setting-fails-on-katib", engine="katib")
def setting_fails_on_katib(view: View) -> Iterator[Finding]:
    """The algorithm's service fails on a setting that is right, at every request for suggestions."""
    for path, setting in view.settings:
        name, value = setting.get("name", ""), setting.get("value", "")
        if (view.algorithm, name, integer(value)) == ("bayesianoptimization", "n_initial_points", 0):
            message = "Without initial points there is nothing to learn from."
            yield Finding(f"{path}.value", message, "Write 1 or more; 10 is the default.", value)
        bits = _SEED_BITS.get(view.algorithm) if name == "random_state" else None
        if bits and SUGGESTIONS[view.algorithm].settings[name].accepts(value) and _beyond(value, bits):
            fix = f"Write a number below {2**bits}."
            yield Finding(f"{path}.value", f"random_state has more than {bits} bits.", fix, value)


def _beyond(text: str, bits: int) -> bool:
    return int(Decimal(text)) not in range(-(2**bits), 2**bits)


def _told(name: str, service: Service) -> str:
    """A setting's name, with what it means where that does not tell."""
    about = service.settings[name].about
    return f"{name} ({about})" if about else name


def _strays(view: View, treatment: str, words: str) -> Iterator[Finding]:
    """Settings that are unknown to their service, for services that treat them in this way."""
    for _, algorithm, service, settings in _services(view):
        for path, setting in settings:
            name = setting.get("name", "")
            if name not in service.settings and service.unknown == treatment:
                message = f"{algorithm} {words} '{name}'."
                yield Finding(f"{path}.name", message, hint(name, service.settings), name)

# SPDX-License-Identifier: Apache-2.0
"""The algorithm and early stopping: those of Katib's shipped configuration, and the settings they take.

Follows the services of Katib 0.19 (`pkg/suggestion/v1beta1`, `pkg/earlystopping/v1beta1`), which Katib asks
only once the Experiment exists.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kfp_katib.experiment.choices import hint
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule, several
from kfp_katib.experiment.rules.view import Part, View

HYPEROPT = frozenset({"random", "tpe"})
OPTUNA = frozenset({"grid", "multivariate-tpe"})
GOPTUNA = frozenset({"cmaes", "sobol"})
SKOPT = frozenset({"bayesianoptimization"})
ARCHITECTURE = frozenset({"enas", "darts"})
_ALGORITHM = "spec.algorithm"
_EARLY = "spec.earlyStopping"


@dataclass(frozen=True, slots=True)
class Setting:
    """What one setting's text must be.

    Attributes:
        kind: An integer, a number, one of `choices`, any text, or nothing at all (`never`).
        low: Smallest value, itself allowed unless `open_low`.
        high: Largest value, itself allowed unless `open_high`.
        choices: The allowed texts; for a number, words that are allowed instead.
    """

    kind: Literal["integer", "number", "choice", "text", "never"]
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    choices: tuple[str, ...] = ()

    def accepts(self, text: str) -> bool:
        """Whether the service accepts the text."""
        if text in self.choices or self.kind == "text":
            return True
        whole = self.kind != "integer" or re.fullmatch(r"[+-]?[0-9]+", text)
        if self.kind in ("choice", "never") or not whole:
            return False
        try:
            value = float(text)
        except ValueError:
            return False
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return math.isfinite(value) and above and below

    @property
    def wanted(self) -> str:
        """What to write, in words."""
        if self.kind == "never":
            return "nothing: the service cannot read this setting; remove it"
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        words = "an integer" if self.kind == "integer" else "a number"
        if self.low > -math.inf:
            words += f" above {self.low:g}" if self.open_low else f" of {self.low:g} or more"
        if self.high < math.inf:
            words += f", below {self.high:g}" if self.open_high else f", at most {self.high:g}"
        return " or ".join([words, *self.choices])


@dataclass(frozen=True, slots=True)
class Service:
    """One suggestion or early-stopping service.

    Attributes:
        settings: What it knows.
        required: What it cannot do without.
        unknown: What it does with any other setting: refuse it, ignore it, or pass it on to the trial.
    """

    settings: Mapping[str, Setting] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    unknown: Literal["refused", "ignored", "passed"] = "refused"


_COUNT = Setting("integer", 0)
_AT_LEAST_ONE = Setting("integer", 1)
_POSITIVE = Setting("number", 0, open_low=True)
_POSITIVE_OR_NONE = Setting("number", 0, open_low=True, choices=("None",))
_NOT_NEGATIVE = Setting("number", 0)
_SHARE = Setting("number", 0, 1, open_low=True)
_PART = Setting("number", 0, 1, open_low=True, open_high=True)


def _all(setting: Setting, names: str) -> dict[str, Setting]:
    return dict.fromkeys(names.split(), setting)


SUGGESTIONS: Mapping[str, Service] = {
    **dict.fromkeys(("random", "grid"), Service({"random_state": _COUNT})),
    "tpe": Service(
        {"gamma": _PART, "prior_weight": _POSITIVE, "n_EI_candidates": _AT_LEAST_ONE, "random_state": _COUNT}
    ),
    "multivariate-tpe": Service(_all(_COUNT, "n_startup_trials n_ei_candidates random_state")),
    "bayesianoptimization": Service(
        {
            **_all(_COUNT, "n_initial_points random_state"),
            "base_estimator": Setting("choice", choices=("GP", "RF", "ET", "GBRT")),
            "acq_func": Setting("choice", choices=("gp_hedge", "LCB", "EI", "PI", "EIps", "PIps")),
            "acq_optimizer": Setting("choice", choices=("auto", "sampling", "lbfgs")),
        }
    ),
    "cmaes": Service(
        {
            "random_state": Setting("integer"),
            "sigma": Setting("number"),
            "restart_strategy": Setting("choice", choices=("none", "ipop", "bipop")),
        },
        unknown="ignored",
    ),
    "sobol": Service(unknown="ignored"),
    "hyperband": Service(
        {"r_l": _POSITIVE, "resource_name": Setting("text"), "eta": Setting("number")},
        required=("r_l", "resource_name"),
        unknown="passed",  # the controller keeps the search's state among the settings
    ),
    "pbt": Service(
        {
            "suggestion_trial_dir": Setting("text"),
            "n_population": Setting("integer", 5),
            "truncation_threshold": Setting("number", 0, 1),
            "resample_probability": Setting("never"),  # compared as text with numbers: TypeError
        },
        required=("suggestion_trial_dir", "n_population", "truncation_threshold"),
        unknown="ignored",
    ),
    "enas": Service(
        {
            **_all(_AT_LEAST_ONE, "controller_hidden_size controller_train_steps controller_log_every_steps"),
            **_all(_POSITIVE_OR_NONE, "controller_temperature controller_tanh_const"),
            **_all(_POSITIVE_OR_NONE, "controller_entropy_weight controller_skip_weight"),
            **_all(_SHARE, "controller_baseline_decay controller_learning_rate controller_skip_target"),
        }
    ),
    "darts": Service(
        {
            **_all(_NOT_NEGATIVE, "w_lr w_lr_min alpha_lr w_momentum w_grad_clip"),
            **_all(_NOT_NEGATIVE, "w_weight_decay alpha_weight_decay"),
            **_all(_AT_LEAST_ONE, "num_epochs init_channels print_step num_nodes stem_multiplier"),
            "batch_size": Setting("integer", 1, choices=("None",)),
            "num_workers": _COUNT,
        },
        unknown="passed",
    ),
}

EARLY_STOPPING: Mapping[str, Service] = {
    "medianstop": Service({"min_trials_required": _AT_LEAST_ONE, "start_step": _AT_LEAST_ONE}),
}


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
        for name in service.required:
            if name not in (setting.get("name") for _, setting in settings):
                message = f"{algorithm} needs the setting '{name}'."
                yield Finding(f"{path}.algorithmSettings", message, "Add it.", name)


@rule("setting-repeated", severity="warning")
def setting_repeated(view: View) -> Iterator[Finding]:
    """A setting is given twice; the last one counts."""
    for path, _, _, settings in _services(view):
        for name in several(setting.get("name", "") for _, setting in settings):
            yield Finding(f"{path}.algorithmSettings", f"'{name}' is given twice.", "Keep one.", name)


def _strays(view: View, treatment: str, words: str) -> Iterator[Finding]:
    """Settings that are unknown to their service, for services that treat them in this way."""
    for _, algorithm, service, settings in _services(view):
        for path, setting in settings:
            name = setting.get("name", "")
            if name not in service.settings and service.unknown == treatment:
                message = f"{algorithm} {words} '{name}'."
                yield Finding(f"{path}.name", message, hint(name, service.settings), name)

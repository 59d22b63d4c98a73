# SPDX-License-Identifier: Apache-2.0
"""The algorithms of Katib's shipped configuration, and the settings that each of their services takes.

Names, ranges and required settings after the services of Katib 0.19 (`pkg/suggestion/v1beta1`,
`pkg/earlystopping/v1beta1`). Katib asks the service only after the Experiment was created.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

HYPEROPT = frozenset({"random", "tpe"})
OPTUNA = frozenset({"grid", "multivariate-tpe"})
GOPTUNA = frozenset({"cmaes", "sobol"})
SKOPT = frozenset({"bayesianoptimization"})
ARCHITECTURE = frozenset({"enas", "darts"})


@dataclass(frozen=True, slots=True)
class Setting:
    """What one setting's text must be.

    Attributes:
        kind: An integer, a number, one of `choices`, any text, or nothing at all (`never`).
        low: Smallest value, itself allowed unless `open_low`.
        high: Largest value, itself allowed unless `open_high`.
        choices: The texts allowed; beside numbers, words that are allowed instead.
    """

    kind: Literal["integer", "number", "choice", "text", "never"]
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    choices: tuple[str, ...] = ()

    def accepts(self, text: str) -> bool:
        """Whether the service takes the text."""
        if text in self.choices or self.kind == "text":
            return True
        if self.kind in ("choice", "never"):
            return False
        if self.kind == "integer" and not re.fullmatch(r"[+-]?[0-9]+", text):
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
        unknown: What it does with another setting: refuse, ignore, or hand it on to the trial.
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


def _all(setting: Setting, names: str) -> dict[str, Setting]:
    return dict.fromkeys(names.split(), setting)


SUGGESTIONS: Mapping[str, Service] = {
    "random": Service({"random_state": _COUNT}),
    "grid": Service({"random_state": _COUNT}),
    "tpe": Service(
        {
            "gamma": Setting("number", 0, 1, open_low=True, open_high=True),
            "prior_weight": _POSITIVE,
            "n_EI_candidates": _AT_LEAST_ONE,
            "random_state": _COUNT,
        }
    ),
    "multivariate-tpe": Service(
        {"n_startup_trials": _COUNT, "n_ei_candidates": _COUNT, "random_state": _COUNT}
    ),
    "bayesianoptimization": Service(
        {
            "base_estimator": Setting("choice", choices=("GP", "RF", "ET", "GBRT")),
            "n_initial_points": _COUNT,
            "acq_func": Setting("choice", choices=("gp_hedge", "LCB", "EI", "PI", "EIps", "PIps")),
            "acq_optimizer": Setting("choice", choices=("auto", "sampling", "lbfgs")),
            "random_state": _COUNT,
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

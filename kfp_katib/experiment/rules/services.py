# SPDX-License-Identifier: Apache-2.0
"""The suggestion and early-stopping services of Katib's shipped configuration, and the settings they take.

Follows Katib 0.19 (`pkg/suggestion/v1beta1`, `pkg/earlystopping/v1beta1`).
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
ARCHITECTURE: Mapping[str, tuple[str, ...]] = {
    "enas": ("architecture", "nn_config"),
    "darts": ("algorithm-settings", "search-space", "num-layers"),
}
"""The searches for neural architectures, and the names of what each of them assigns to a trial."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one setting's text must be.

    Attributes:
        kind: An integer, a number, one of `choices`, or any text.
        low: Smallest value, itself allowed unless `open_low`.
        high: Largest value, itself allowed unless `open_high`.
        choices: The allowed texts; for a number, words that are allowed instead.
        about: What it means, where the name does not tell; empty where it does.
    """

    kind: Literal["integer", "number", "choice", "text"]
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    choices: tuple[str, ...] = ()
    about: str = ""

    def accepts(self, text: str) -> bool:
        """Whether the service accepts the text."""
        if text in self.choices or self.kind == "text":
            return True
        whole = self.kind != "integer" or re.fullmatch(r"[+-]?[0-9]+", text)
        if self.kind == "choice" or not whole:
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


_R_L = Setting("number", 1, about="the most of the resource that one trial may use, such as 81 epochs")
_RESOURCE_NAME = Setting("text", about="the search parameter that is the resource, such as epochs")
_ETA = Setting("number", about="of how many trials one is kept and goes on with more of the resource")
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
        {"r_l": _R_L, "resource_name": _RESOURCE_NAME, "eta": _ETA, "random_state": _COUNT},
        required=("r_l", "resource_name"),
        unknown="passed",  # the controller keeps the search's state among the settings
    ),
    "pbt": Service(
        {
            "suggestion_trial_dir": Setting("text", about="the volume's folder of the trials' checkpoints"),
            "n_population": Setting("integer", 5, about="how many trials a generation has"),
            "truncation_threshold": Setting("number", 0, 1, about="the share of them that is replaced"),
            "resample_probability": Setting("number", 0, 1),
            "random_state": _COUNT,
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

# SPDX-License-Identifier: Apache-2.0
"""What only Katib can search: refused here with the field, its value and what this engine has instead."""

from __future__ import annotations

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Algorithm, Experiment
from kfp_katib.local.search.algorithms import ALGORITHMS

ON_KATIB = "run it with engine=katib"


def refuse_unsupported(experiment: Experiment) -> None:
    """Refuse an Experiment whose search this engine cannot do.

    Raises:
        InputError: Names the field, its value, and what there is here.
    """
    algorithm = experiment.algorithm
    if algorithm.name not in ALGORITHMS:
        raise InputError(
            f"{experiment.name}: spec.algorithm.algorithmName: {algorithm.name!r} runs on Katib only; "
            f"the local engine has {', '.join(sorted(ALGORITHMS))}. Take one of these, or {ON_KATIB}."
        )
    if experiment.early_stopping is not None:
        raise InputError(
            f"{experiment.name}: spec.earlyStopping.algorithmName: {experiment.early_stopping.name!r} runs on "
            f"Katib only; the local engine has no early stopping. Remove spec.earlyStopping, or {ON_KATIB}."
        )
    if not experiment.parameters:
        raise InputError(
            f"{experiment.name}: spec.nasConfig: neural architecture search runs on Katib only; the local "
            f"engine searches spec.parameters. Give those, or {ON_KATIB}."
        )
    if algorithm.name == "bayesianoptimization":
        _refuse_what_skopt_refuses(experiment.name, algorithm)


def _refuse_what_skopt_refuses(name: str, algorithm: Algorithm) -> None:
    """What Katib's service accepts and then cannot use: its Experiment never gets a trial."""
    function = algorithm.settings.get("acq_func", "gp_hedge")
    if function in ("EIps", "PIps"):
        raise InputError(
            f"{name}: spec.algorithm.algorithmSettings: acq_func {function!r} needs the time of each trial, "
            "which Katib's service never passes on, so that its Experiment waits for ever. "
            "Take gp_hedge, EI, LCB or PI."
        )
    estimator = algorithm.settings.get("base_estimator", "GP")
    if estimator != "GP" and algorithm.settings.get("acq_optimizer", "auto") == "lbfgs":
        raise InputError(
            f"{name}: spec.algorithm.algorithmSettings: acq_optimizer 'lbfgs' needs gradients, which "
            f"base_estimator {estimator!r} does not have; in Katib the Experiment waits for ever. "
            "Take acq_optimizer auto or sampling, or base_estimator GP."
        )

# SPDX-License-Identifier: Apache-2.0
"""What only Katib can run: refused here with the field, its value and what this engine has instead."""

from __future__ import annotations

from typing import NoReturn

from kfp_katib.engines.local.search.algorithms import ALGORITHMS
from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Algorithm, Experiment
from kfp_katib.experiment.schema import is_job

ON_KATIB = "run it with engine=katib"


COLLECTORS = ("StdOut", "File", "TensorFlowEvent")
"""The kinds of metrics collector that run here."""


def refuse_unsupported(experiment: Experiment) -> None:
    """Refuse an Experiment that this engine cannot run.

    Raises:
        InputError: Names the field, its value, and what there is here.
    """
    algorithm, stopping, collector = experiment.algorithm, experiment.early_stopping, experiment.collector
    if algorithm.name not in ALGORITHMS:
        fix = f"has {', '.join(sorted(ALGORITHMS))}. Take one of these"
        _refuse(experiment, "algorithm.algorithmName", repr(algorithm.name), fix)
    if stopping is not None:
        fix = "has no early stopping. Remove spec.earlyStopping"
        _refuse(experiment, "earlyStopping.algorithmName", repr(stopping.name), fix)
    if not experiment.parameters:
        fix = "searches spec.parameters. Give those"
        _refuse(experiment, "nasConfig", "neural architecture search", fix)
    if collector.kind not in COLLECTORS:
        fix = f"has {', '.join(COLLECTORS)}. Take one of these"
        _refuse(experiment, "metricsCollectorSpec.collector.kind", repr(collector.kind), fix)
    spec = experiment.trial_template.spec
    if spec and not is_job(spec):
        fix = "runs a Job of batch/v1. Write the trial as one"
        _refuse(
            experiment, "trialTemplate.trialSpec", f"{spec.get('kind')} of {spec.get('apiVersion')!r}", fix
        )
    if algorithm.name == "bayesianoptimization":
        _refuse_what_skopt_refuses(experiment.name, algorithm)


def _refuse(experiment: Experiment, field: str, value: str, here: str) -> NoReturn:
    raise InputError(
        f"Experiment '{experiment.name}': spec.{field}: {value} runs on Katib only; the local engine {here}, "
        f"or {ON_KATIB}."
    )


def _refuse_what_skopt_refuses(name: str, algorithm: Algorithm) -> None:
    """What scikit-optimize cannot do, here or, for the first two, in Katib's service either.

    GBRT: scikit-optimize 0.10.2 refuses its own estimator under scikit-learn 1.7, and calls `numpy.in1d`,
    which numpy 2.4 no longer has. Its development has ended (katib#2280).
    """
    function = algorithm.settings.get("acq_func", "gp_hedge")
    estimator = algorithm.settings.get("base_estimator", "GP")
    optimizer = algorithm.settings.get("acq_optimizer", "auto")
    field = f"Experiment '{name}': spec.algorithm.algorithmSettings"
    if function in ("EIps", "PIps"):
        raise InputError(
            f"{field}: acq_func {function!r} needs the time of each trial, which Katib's service never "
            "passes on, so that its Experiment waits for ever. Take gp_hedge, EI, LCB or PI."
        )
    if estimator != "GP" and optimizer == "lbfgs":
        raise InputError(
            f"{field}: acq_optimizer 'lbfgs' needs gradients, which base_estimator {estimator!r} does not "
            "have; in Katib the Experiment waits for ever. Take acq_optimizer auto or sampling, or GP."
        )
    if estimator == "GBRT":
        raise InputError(
            f"{field}: base_estimator 'GBRT' does not work in scikit-optimize with today's numpy; the local "
            f"engine has GP, RF and ET. Take one of these, or {ON_KATIB}."
        )

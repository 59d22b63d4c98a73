# SPDX-License-Identifier: Apache-2.0
"""Small valid manifests, one of each kind that Katib runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.experiment import algorithms, trial_kinds
from tests.experiment.manifests import Manifest, random

VALID: Mapping[str, Callable[[], Manifest]] = {
    "random": random,
    "grid": algorithms.grid,
    "tpe": algorithms.tpe,
    "multivariate-tpe": algorithms.multivariate_tpe,
    "bayesianoptimization": algorithms.bayesian,
    "cmaes": algorithms.cmaes,
    "sobol": algorithms.sobol,
    "hyperband": algorithms.hyperband,
    "pbt": algorithms.pbt,
    "medianstop": algorithms.median_stop,
    "enas": algorithms.enas,
    "darts": algorithms.darts,
    "configMap": trial_kinds.config_map,
    "TFJob": lambda: trial_kinds.replicated("TFJob", "tfReplicaSpecs", "Worker"),
    "PyTorchJob": trial_kinds.pytorch_job,
    "XGBoostJob": lambda: trial_kinds.replicated("XGBoostJob", "xgbReplicaSpecs", "Master", "Worker"),
    "MPIJob": lambda: trial_kinds.replicated("MPIJob", "mpiReplicaSpecs", "Launcher", "Worker"),
    "TrainJob": trial_kinds.train_job,
}

# SPDX-License-Identifier: Apache-2.0
"""Changes to an Experiment that a pipeline's parameters make: algorithm and budget."""

from __future__ import annotations

from kfp_katib.experiment.check import load
from kfp_katib.experiment.model import Experiment


def override(
    experiment: Experiment,
    *,
    algorithm: str | None = None,
    max_trials: int | None = None,
    parallel_trials: int | None = None,
) -> Experiment:
    """The Experiment with another algorithm or budget; None and empty leave a field as it is.

    Another algorithm drops the old one's settings, whose names mean nothing to it. A smaller
    `max_trials` takes `parallelTrialCount` and `maxFailedTrialCount` down with it.

    Raises:
        ManifestError: The changed manifest has errors.
    """
    manifest = experiment.manifest
    spec = manifest["spec"]
    if algorithm and algorithm != experiment.algorithm.name:
        spec["algorithm"] = {"algorithmName": algorithm}
    if parallel_trials:
        spec["parallelTrialCount"] = parallel_trials
    if max_trials:
        spec["maxTrialCount"] = max_trials
        if not parallel_trials:
            spec["parallelTrialCount"] = min(experiment.parallel_trial_count, max_trials)
        if experiment.max_failed_trial_count is not None:
            spec["maxFailedTrialCount"] = min(experiment.max_failed_trial_count, max_trials)
    return load(manifest, name=f"Experiment '{experiment.name}' after overrides")

# SPDX-License-Identifier: Apache-2.0
"""Changes to an Experiment that a pipeline's parameters or options make: algorithm and budget."""

from __future__ import annotations

from typing import Any

from kfp_katib.experiment.check import Change, load
from kfp_katib.experiment.defaults import PARALLEL_TRIALS
from kfp_katib.experiment.model import Experiment, Manifest


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
    change = overriding(algorithm=algorithm, max_trials=max_trials, parallel_trials=parallel_trials)
    return load(experiment.manifest, name=f"Experiment '{experiment.name}'", change=change)


def overriding(
    *, algorithm: str | None = None, max_trials: int | None = None, parallel_trials: int | None = None
) -> Change | None:
    """The same as a change for `load`, which makes it before the rules judge: what it replaces may be wrong.

    Returns:
        The change; None where nothing is given.
    """
    if not (algorithm or max_trials or parallel_trials):
        return None

    def change(manifest: Manifest) -> None:
        spec = manifest.get("spec")
        if isinstance(spec, dict):  # else the structure is at fault, and said to be
            if algorithm:
                _search_by(spec, algorithm)
            if max_trials:
                _spend(spec, max_trials)
            if parallel_trials:
                spec["parallelTrialCount"] = parallel_trials

    return change


def _search_by(spec: dict[str, Any], algorithm: str) -> None:
    present = spec.get("algorithm")
    if not isinstance(present, dict) or present.get("algorithmName") != algorithm:
        spec["algorithm"] = {"algorithmName": algorithm}


def _spend(spec: dict[str, Any], trials: int) -> None:
    """Fewer trials take the other two counts down; a count that is no number is left for the rules."""
    spec["maxTrialCount"] = trials
    if spec.get("parallelTrialCount") is None:
        spec["parallelTrialCount"] = PARALLEL_TRIALS
    for name in ("parallelTrialCount", "maxFailedTrialCount"):
        if isinstance(spec.get(name), int):
            spec[name] = min(spec[name], trials)

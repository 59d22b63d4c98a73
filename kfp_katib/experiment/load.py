# SPDX-License-Identifier: Apache-2.0
"""Check a manifest and, if it has no errors, load it: as written, changed, or as submitted.

Every change is made to plain data, which the rules check once afterwards: `load` applies a user's overrides
before the check, and `render` checks what Katib gets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kfp_katib.experiment import plain, source
from kfp_katib.experiment.defaults import PARALLEL_TRIALS
from kfp_katib.experiment.files import file_of
from kfp_katib.experiment.judging import judged
from kfp_katib.experiment.model import Experiment, checked
from kfp_katib.experiment.parts import Change, Manifest, canonical
from kfp_katib.experiment.placeholders import filled
from kfp_katib.experiment.pods import add_istio_label, merge_trial_pod
from kfp_katib.experiment.problem import Origin, Problem, concerning
from kfp_katib.experiment.source import Source


def check(manifest: Source) -> tuple[Problem, ...]:
    """Every finding in a manifest, errors and warnings, ordered by the field's path.

    Args:
        manifest: A file's name or Path, YAML or JSON text, a mapping, or an Experiment object of
            kubeflow-katib or kubeflow-katib-api. One line of text that ends in `.yaml`, `.yml` or `.json` is
            a file's name; bytes are always the manifest itself.

    Returns:
        The problems; empty for a manifest without any. Bad content never raises.
    """
    remarks: list[Problem] = []
    try:
        read = source.read_from(manifest, remarks)
    except plain.UnreadableError as err:
        return (err.problem,)
    return judged(read.data, remarks, read.origin)[1]


def load(
    manifest: Source, *, name: str | None = None, change: Change | None = None, origin: Origin | None = None
) -> Experiment:
    """Read a manifest that has no errors; its warnings are in `Experiment.warnings`.

    Args:
        manifest: As for `check`.
        name: What messages call the manifest; by default the file's name if it is a file.
        change: A change to the manifest before it is checked, such as `overriding(...)`.
        origin: The text that messages name a line of; by default the manifest's own.

    Raises:
        ManifestError: The manifest has errors; it carries all of them.
    """
    return checked(name or str(file_of(manifest) or "the manifest"), manifest, change, origin)


def warnings_on(experiment: Experiment, *engines: str) -> tuple[Problem, ...]:
    """What is legal but likely wrong where one of these engines runs it."""
    own = [each for name in engines for each in concerning(experiment.engine_problems, name, "warning")]
    return (*experiment.warnings, *own)


def errors_on(experiment: Experiment, engine: str) -> tuple[Problem, ...]:
    """What this engine alone would refuse, hang on or fail by."""
    return concerning(experiment.engine_problems, engine, "error")


def override(
    experiment: Experiment,
    *,
    algorithm: str | None = None,
    max_trials: int | None = None,
    parallel_trials: int | None = None,
) -> Experiment:
    """The Experiment with another algorithm or budget; None and empty leave a field as it is.

    Another algorithm drops the old one's settings, whose names mean nothing to it. A smaller
    `max_trials` lowers `parallelTrialCount` and `maxFailedTrialCount` with it.

    Raises:
        ManifestError: The changed manifest has errors.
    """
    return changed(
        experiment,
        overriding(algorithm=algorithm, max_trials=max_trials, parallel_trials=parallel_trials),
    )


def changed(experiment: Experiment, change: Change | None) -> Experiment:
    """The Experiment after a change, in what was asked as well as in what it became.

    Raises:
        ManifestError: The changed manifest has errors.
    """
    if not change:
        return experiment
    name = f"Experiment '{experiment.name}'"
    made = load(experiment.manifest, name=name, change=change, origin=experiment.origin)
    if not experiment.asked_json:
        return made
    asked: Manifest = json.loads(experiment.asked_json)
    change(asked)
    return replace(made, asked_json=canonical(asked))


def overriding(
    *, algorithm: str | None = None, max_trials: int | None = None, parallel_trials: int | None = None
) -> Change | None:
    """The change that `override` makes, for `load` to make before the check: a replaced value may be wrong.

    Returns:
        The change; None if nothing is given.
    """
    if not (algorithm or max_trials or parallel_trials):
        return None

    def change(manifest: Manifest) -> None:
        spec = manifest.get("spec")
        if not isinstance(spec, dict):
            return  # the structure is wrong, and reported
        present = spec.get("algorithm")
        if algorithm and not (isinstance(present, dict) and present.get("algorithmName") == algorithm):
            spec["algorithm"] = {"algorithmName": algorithm}
        if max_trials:
            _limit(spec, max_trials)
        if parallel_trials:
            spec["parallelTrialCount"] = parallel_trials

    return change


def _limit(spec: dict[str, Any], trials: int) -> None:
    """Lower the other two counts to the maximum; a count that is not a number is left to the rules."""
    spec["maxTrialCount"] = trials
    if spec.get("parallelTrialCount") is None:
        spec["parallelTrialCount"] = PARALLEL_TRIALS
    for name in ("parallelTrialCount", "maxFailedTrialCount"):
        if isinstance(spec.get(name), int):
            spec[name] = min(spec[name], trials)


def render(
    experiment: Experiment,
    *,
    dataset: str | None = None,
    models: str | None = None,
    image: str | None = None,
    run_id: str | None = None,
    name: str | None = None,
    trial_pod: Mapping[str, Any] | None = None,
    istio_label: bool = True,
) -> Experiment:
    """A new Experiment as it is submitted: no `${pipeline.*}` left, checked once more.

    Args:
        experiment: What `load` returned.
        dataset: Value of `${pipeline.dataset}`: where the trials read their data.
        models: Value of `${pipeline.models}`: the URI root under which the trials write checkpoints.
        image: Value of `${pipeline.image}`: the trials' image.
        run_id: Value of `${pipeline.run_id}`.
        name: The Experiment's new name, also the value of `${pipeline.experiment}`; None keeps the old one.
        trial_pod: What the trials' pods need in this installation; see `pods.merge_trial_pod`.
        istio_label: Whether to keep Istio's sidecar out of the trials' pods unless the manifest mentions it.

    Raises:
        InputError: A placeholder that the manifest uses has no value, or `trial_pod` does not fit.
        ManifestError: The rendered manifest has errors.
    """
    manifest = experiment.manifest
    if name:
        manifest["metadata"].pop("generateName", None)  # otherwise Kubernetes would still choose one
        manifest["metadata"]["name"] = name
    if trial_pod is not None:
        merge_trial_pod(manifest, trial_pod)
    if istio_label:
        add_istio_label(manifest)
    values = {
        "dataset": dataset,
        "models": models and (models.rstrip("/") or models),
        "experiment": name or experiment.name,
        "run_id": run_id,
        "image": image,
    }
    final = f"Experiment '{values['experiment']}' after rendering"
    asked = experiment.asked_json or experiment.manifest_json
    made = load(filled(manifest, values, experiment.name), name=final, origin=experiment.origin)
    return replace(made, asked_json=asked)

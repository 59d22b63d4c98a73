# SPDX-License-Identifier: Apache-2.0
"""From the manifest that a user wrote to the one that Katib gets: placeholders filled in, pods completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.check import load
from kfp_katib.experiment.model import Experiment, Manifest
from kfp_katib.experiment.placeholders import OPTIONS, fill, used
from kfp_katib.experiment.trial_pod import add_istio_label, merge_trial_pod


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
        trial_pod: What the trials' pods need in this installation; see `trial_pod.merge_trial_pod`.
        istio_label: Whether to keep Istio's sidecar out of the trials' pods where the manifest is silent.

    Raises:
        InputError: A placeholder that the manifest uses has no value, or `trial_pod` does not fit.
        ManifestError: The rendered manifest has errors.
    """
    manifest = experiment.manifest
    if name:
        _rename(manifest, name)
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
    filled = fill(manifest, _chosen(manifest, values, experiment.name))
    return load(filled, name=f"Experiment '{values['experiment']}' after rendering")


def _rename(manifest: Manifest, name: str) -> None:
    manifest["metadata"].pop("generateName", None)  # otherwise Kubernetes would still choose
    manifest["metadata"]["name"] = name


def _chosen(manifest: Mapping[str, Any], values: Mapping[str, str | None], name: str) -> dict[str, str]:
    """The values, after a look whether every placeholder in the manifest has one.

    An unknown one is left: where it matters a rule refuses it, else it stands in a field that Katib ignores.
    """
    known = ((place, path) for place, path in used(manifest).items() if place in OPTIONS)
    missing = {place: path for place, path in known if not values.get(place)}
    if missing:
        lines = [
            f"  {path}: ${{pipeline.{place}}} has no value; give {OPTIONS[place]} "
            f"(in a pipeline: {OPTIONS[place].strip('-').replace('-', '_')})."
            for place, path in missing.items()
        ]
        raise InputError("\n".join([f"Experiment '{name}' cannot be rendered:", *lines]))
    return {place: value for place, value in values.items() if value}

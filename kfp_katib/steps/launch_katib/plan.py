# SPDX-License-Identifier: Apache-2.0
"""From a manifest's text to the very Experiment that will run, without touching anything."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, labels, load, render
from kfp_katib.experiment.choices import choose
from kfp_katib.experiment.load import overriding
from kfp_katib.experiment.model import canonical
from kfp_katib.experiment.placeholders import used
from kfp_katib.experiment.pods import read_trial_pod
from kfp_katib.steps.launch_katib.request import Surroundings
from kfp_katib.storage.addresses import absolute

LARGEST_MANIFEST = 100_000
"""Bytes. A step's arguments are one process argument, of which Linux allows 128 KiB in all."""

OVERRIDES = ("algorithm", "max_trials", "parallel_trials")

_STEM = 27
_DIGITS = 9  # a count of Katib has 32 bits
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will run.

    Attributes:
        experiment: The Experiment, its name final and its placeholders filled.
        models: The root of its models, empty where there is none.
        expects_model: Whether the manifest says that its trials write models there.
    """

    experiment: Experiment
    models: str
    expects_model: bool


def plan(
    manifest: str,
    surroundings: Surroundings,
    *,
    identity: Identity,
    overrides: Mapping[str, Any],
) -> Plan:
    """The Experiment that a manifest means here.

    Raises:
        InputError: The text is too long, a placeholder has no value, or an override is unknown.
        ManifestError: The manifest has errors.
    """
    size = len(manifest.encode())
    if size > LARGEST_MANIFEST:
        raise InputError(
            f"The manifest has {size:,} bytes, more than {LARGEST_MANIFEST:,}: it would not fit beside a "
            "step's other arguments. Move data out of it, into the image or the dataset."
        )
    asked = load(manifest, change=overriding(**_known(overrides)))
    models = absolute(surroundings.models)
    rendered = render(
        asked,
        dataset=surroundings.dataset_address or None,
        models=models or None,
        image=surroundings.image or None,
        run_id=identity.run_id or None,
        name=final_name(asked, identity),
        trial_pod=_trial_pod(surroundings),
    )
    experiment = _labelled(rendered, identity)
    for warning in experiment.warnings:
        _log.warning("%s", warning)
    return Plan(experiment, models, "models" in used(asked.manifest))


def final_name(experiment: Experiment, identity: Identity) -> str:
    """The name under which an Experiment runs, at most 40 characters.

    It follows from the run, the step and the manifest, so that a step that starts again finds its own
    search. Katib adds the algorithm's name for a Service, whose name holds 63.
    """
    text = json.dumps([identity.run_id, identity.task_name, experiment.manifest_json])
    return f"{experiment.name[:_STEM].rstrip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _labelled(experiment: Experiment, identity: Identity) -> Experiment:
    """The Experiment with the labels by which clean_up finds it; none where it belongs to no run.

    They are written behind `load`, which takes them from nobody else.
    """
    ours = {labels.RUN: identity.run_id, labels.TASK: identity.task_name}
    manifest = experiment.manifest
    manifest["metadata"] = labels.marked(
        manifest["metadata"], {name: text for name, text in ours.items() if text}
    )
    return replace(experiment, manifest_json=canonical(manifest))


def _known(overrides: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(overrides, Mapping):  # JSON of another type, typed into a dashboard
        raise InputError(f"overrides is {overrides!r:.80}. Give a mapping of {', '.join(OVERRIDES)}.")
    given = {choose(name, OVERRIDES, "An override"): value for name, value in overrides.items()}
    return {
        name: value if name == "algorithm" else _whole(name, value) for name, value in given.items() if value
    }


def _whole(name: str, value: object) -> int:
    """A count; kfp makes text of a number that a pipeline puts into a dictionary."""
    text = str(value)
    if text.isdecimal() and len(text) <= _DIGITS:
        return int(text)
    raise InputError(f"The override {name} is {value!r:.80}. Give a whole number above 0.")


def _trial_pod(surroundings: Surroundings) -> dict[str, Any]:
    pod = read_trial_pod(surroundings.trial_pod)
    if surroundings.endpoint and surroundings.dataset_address.startswith("s3://"):
        names = {variable.get("name") for variable in pod.get("env", [])}
        if "AWS_ENDPOINT_URL" not in names:
            pod["env"] = [*pod.get("env", []), {"name": "AWS_ENDPOINT_URL", "value": surroundings.endpoint}]
    return pod

# SPDX-License-Identifier: Apache-2.0
"""From the trial template and a trial's assignments to what Katib would create.

Katib substitutes in the template's compact JSON, as text (`applyParameters` in Katib's
`pkg/controller.v1beta1/experiment/manifest/generator.go`); so do we, so that a value ends up where Katib
puts it, and only there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment, Manifest, TrialParameter
from kfp_katib.experiment.placeholders import Meta, meta


def trial_spec(experiment: Experiment, trial: str, assignments: Mapping[str, str]) -> Manifest:
    """What runs one trial, a Job for most.

    Args:
        experiment: An Experiment whose trialSpec is inline.
        trial: The trial's name.
        assignments: Each search parameter's value, as Katib's text.

    Raises:
        InputError: A value breaks the template.
    """
    template = experiment.trial_template
    text = json.dumps(template.spec, separators=(",", ":"), ensure_ascii=False)
    for parameter in template.parameters:
        value = _value(experiment, parameter, trial, assignments)
        text = text.replace(f"${{trialParameters.{parameter.name}}}", value)
    try:
        spec: Manifest = json.loads(text)
    except json.JSONDecodeError as err:
        raise InputError(
            f"Experiment '{experiment.name}': with {dict(assignments)} the template of trial '{trial}' is no "
            f"JSON any more: {err}. Quotes and backslashes in a value break it, on Katib as well."
        ) from err
    return spec


def _value(
    experiment: Experiment, parameter: TrialParameter, trial: str, assignments: Mapping[str, str]
) -> str:
    found = meta(parameter.reference)
    return _metadata(experiment, found, trial) if found else assignments[parameter.reference]


def _metadata(experiment: Experiment, wanted: Meta, trial: str) -> str:
    """A trial's own data; labels and annotations are those of the template itself."""
    spec = experiment.trial_template.spec or {}
    if wanted.item:
        return str(spec["metadata"][wanted.key.lower()][wanted.item])
    return {
        "Name": trial,
        "Namespace": experiment.namespace,
        "Kind": str(spec["kind"]),
        "APIVersion": str(spec["apiVersion"]),
    }[wanted.key]

# SPDX-License-Identifier: Apache-2.0
"""The Job of a trial before there is one, so that Kubernetes can be asked what it has against it. Pure.

Katib checks a trial's Job in form only. What Kubernetes refuses when the first trial starts stands in the log
of katib-controller and nowhere else, while the Experiment stays Running.
"""

from __future__ import annotations

from kfp_katib.experiment import Experiment
from kfp_katib.experiment.model import Manifest, Parameter
from kfp_katib.experiment.pods import is_job
from kfp_katib.trial.template import trial_spec


def first_job(experiment: Experiment, namespace: str) -> Manifest | None:
    """A Job as Katib may create it for the first trial; None where trials are no inline Jobs.

    Args:
        experiment: What is to be submitted.
        namespace: Where.
    """
    template = experiment.trial_template.spec
    if template is None or not is_job(template) or not experiment.parameters:
        return None
    name = f"{experiment.name}-{'0' * 8}"  # Katib appends eight letters and digits
    job = trial_spec(experiment, name, {each.name: _some_value(each) for each in experiment.parameters})
    job["metadata"] = {**(job.get("metadata") or {}), "name": name, "namespace": namespace}
    return job


def _some_value(parameter: Parameter) -> str:
    return parameter.space.list[0] if parameter.space.list else parameter.space.min

# SPDX-License-Identifier: Apache-2.0
"""What a trial is: its apiVersion and kind, and whether Katib's shipped configuration can run it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.pods import REPLICAS, TRAINING_API_VERSION
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import TRIAL_SPEC, View
from kfp_katib.experiment.schema import JOB

_TRAIN_JOB = ("trainer.kubeflow.org/v1alpha1", "TrainJob")
_SHIPPED = {JOB, _TRAIN_JOB, *((TRAINING_API_VERSION, kind) for kind in REPLICAS)}
_VERSIONS = {kind: version for version, kind in _SHIPPED}
_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?")
_OTHERS = {
    ("kubeflow.org/v1alpha1", "MPIJob"),
    ("kubeflow.org/v1alpha2", "MPIJob"),
    ("kubeflow.org/v2beta1", "MPIJob"),
}
"""Versions of a known kind that an operator of its own has or had."""


@rule("api-version-invalid")
def api_version_invalid(view: View) -> Iterator[Finding]:
    """The template's apiVersion is that of no kind, or not that of its kind: no trial can be created."""
    api_version, kind = view.kind
    right = _right_version(api_version, kind)
    if api_version and kind and (right or not _API_VERSION.fullmatch(api_version)):
        fix = f"Write {right or JOB[0]}." if right or kind == JOB[1] else "Write it as group/version."
        message = f"The apiVersion of the {kind} is {api_version!r}."
        yield Finding(f"{TRIAL_SPEC}.apiVersion", message, fix, api_version)


@rule("kind-misspelt")
def kind_misspelt(view: View) -> Iterator[Finding]:
    """The template's kind is no kind, but spelt almost like one: no trial can be created."""
    kind = view.kind[1]
    for known in _VERSIONS:
        if kind != known and kind.lower() in (known.lower(), f"{known.lower()}s"):
            yield Finding(f"{TRIAL_SPEC}.kind", f"The kind is '{kind}'.", f"Write {known}.", kind)


@rule("kind-not-enabled", severity="warning")
def kind_not_enabled(view: View) -> Iterator[Finding]:
    """Katib's shipped configuration does not watch trials of this kind; an administrator must add it."""
    api_version, kind = view.kind
    if not api_version or not kind or view.kind in _SHIPPED:
        return
    if not [*api_version_invalid.find(view), *kind_misspelt.find(view)]:
        message = f"Trials of kind {kind} ({api_version}) are not in Katib's shipped configuration."
        yield Finding(f"{TRIAL_SPEC}.kind", message, "Add it to trialResources in katib-config.", kind)


def _right_version(api_version: str, kind: str) -> str:
    """The version of a known kind where another of its group is given, or one of no group that there is.

    A group with a domain may have a kind of its own that is called the same.
    """
    right = _VERSIONS.get(kind, "")
    group = api_version.rpartition("/")[0]
    ours = "." not in group or group in ("kubeflow.org", right.rpartition("/")[0])
    later = kind == _TRAIN_JOB[1] and group == right.rpartition("/")[0]  # the operator's next version
    return right if ours and not later and api_version != right and (api_version, kind) not in _OTHERS else ""

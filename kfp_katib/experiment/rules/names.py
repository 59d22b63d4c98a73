# SPDX-License-Identifier: Apache-2.0
"""Names: the Experiment's own, and those that Katib and Kubernetes make from it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.model import experiment_name
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import View

_LONGEST = 40  # Katib's own limit
_CHOSEN = 5  # characters that Kubernetes adds to a generateName
_LABEL = 63  # Kubernetes' limit for the name of a Service and the value of a label
_UUID = 37  # what population based training adds to make a trial's name: a dash and a UUID
_PATH = "metadata.name"


@rule("name-missing")
def name_missing(view: View) -> Iterator[Finding]:
    """The Experiment has no name."""
    if not experiment_name(view.metadata):
        yield Finding(_PATH, "The Experiment has no name.", "Set metadata.name, such as `my-search`.")


@rule("name-invalid", webhook=True)
def name_invalid(view: View) -> Iterator[Finding]:
    """The name does not start with a lower-case letter, or is longer than Katib's 40 characters."""
    name = experiment_name(view.metadata)
    given = view.metadata.get("name")
    length = len(name) if given else len(view.metadata.get("generateName", "")) + _CHOSEN
    if name and (not re.match("[a-z]", name) or length > _LONGEST):
        yield Finding(
            _PATH if given else "metadata.generateName",
            f"The name '{name}' {'has' if given else 'will have'} {length} characters.",
            f"Start with a lower-case letter and keep to {_LONGEST} characters.",
            name,
        )


@rule("name-not-a-label")
def name_not_a_label(view: View) -> Iterator[Finding]:
    """Katib's check lets the name pass, but no Kubernetes Service can be named after it."""
    name = experiment_name(view.metadata)
    if re.match("[a-z]", name) and not re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", name):
        fix = "Use lower-case letters, digits and '-', and end with a letter or digit."
        yield Finding(_PATH, f"The name is '{name}'.", fix, name)


@rule("service-name-too-long")
def service_name_too_long(view: View) -> Iterator[Finding]:
    """`<name>-<algorithm>`, which names the suggestion service, is longer than Kubernetes allows."""
    name = f"{experiment_name(view.metadata)}-{view.algorithm}"
    if len(name) > _LABEL:
        fix = f"Shorten the Experiment's name by {len(name) - _LABEL}."
        yield Finding(_PATH, f"'{name}' has {len(name)} characters, {_LABEL} are allowed.", fix, name)


@rule("pbt-name-too-long")
def pbt_name_too_long(view: View) -> Iterator[Finding]:
    """Population based training names trials by UUID, which with this name is too long for a Job."""
    name = experiment_name(view.metadata)
    if view.algorithm == "pbt" and len(name) + _UUID > _LABEL:
        fix = f"Keep the name to {_LABEL - _UUID} characters with pbt."
        yield Finding(_PATH, f"The name '{name}' has {len(name)} characters.", fix, name)


@rule("namespace-invalid")
def namespace_invalid(view: View) -> Iterator[Finding]:
    """No Kubernetes namespace can have this name."""
    namespace = view.metadata.get("namespace", "")
    if namespace and not re.fullmatch("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", namespace):
        fix = "Use lower-case letters, digits and '-', at most 63 characters; or leave it out."
        yield Finding("metadata.namespace", f"The namespace is '{namespace}'.", fix, namespace)

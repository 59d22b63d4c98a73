# SPDX-License-Identifier: Apache-2.0
"""Which rights a search uses, what each is for, and which of them are missing. Pure.

`deploy/rbac.yaml` grants exactly these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one resource. Without a `required` one nothing starts."""

    verb: str
    group: str
    resource: str
    purpose: str
    required: bool = True

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{'.' + self.group if self.group else ''} ({self.purpose})"


KATIB = "kubeflow.org"
RIGHTS = (
    Right("create", KATIB, "experiments", "to submit the Experiment"),
    Right("get", KATIB, "experiments", "to adopt it when the pod is started again"),
    Right("list", KATIB, "experiments", "to follow it, and to find what an aborted run left"),
    Right("watch", KATIB, "experiments", "to follow it"),
    Right("delete", KATIB, "experiments", "to stop it"),
    Right("list", KATIB, "trials", "to read results"),
    Right("watch", KATIB, "trials", "to read results"),
    Right("delete", KATIB, "trials", "to end trials that still run after the verdict"),
    Right("list", KATIB, "suggestions", "to say why no trial starts"),
    Right("watch", KATIB, "suggestions", "to say why no trial starts"),
    Right("list", "", "pods", "to say why a trial waits or failed", required=False),
    Right("watch", "", "pods", "to say why a trial waits or failed", required=False),
    Right("get", "", "pods/log", "to quote a failed trial's log", required=False),
    Right("list", "", "events", "to say why a pod does not start", required=False),
    Right("create", "batch", "jobs", "to ask in advance whether a trial could start", required=False),
    Right("get", "batch", "jobs", "to say why a trial has no pod", required=False),
    Right("get", "apps", "deployments", "to say why the suggestion service has no pod", required=False),
)


def missing(rights: Iterable[Right], review: Mapping[str, Any]) -> list[Right]:
    """The rights that a SelfSubjectRulesReview does not grant.

    An authorizer that cannot list its rules (a webhook, as some clouds have) says `incomplete`; then
    nothing can be said to be missing.
    """
    status = review["status"]
    if status.get("incomplete"):
        return []
    return [right for right in rights if not any(_grants(rule, right) for rule in status["resourceRules"])]


def _grants(rule: Mapping[str, Any], right: Right) -> bool:
    if rule.get("resourceNames"):
        return False  # a right on named objects only; our names are not known when rights are granted
    wildcard = "*/" + right.resource.partition("/")[2]
    return (
        _within(rule.get("verbs"), right.verb)
        and _within(rule.get("apiGroups"), right.group)
        and (_within(rule.get("resources"), right.resource) or wildcard in rule.get("resources", ()))
    )


def _within(allowed: Iterable[str] | None, wanted: str) -> bool:
    allowed = tuple(allowed or ())
    return "*" in allowed or wanted in allowed

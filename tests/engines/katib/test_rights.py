# SPDX-License-Identifier: Apache-2.0
"""Which rights are missing, by an access review; and that deploy/rbac.yaml grants them all and no more."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kfp_katib.engines.katib.rights import KATIB, RIGHTS, missing
from tests.places import ROOT

ROLE = ROOT / "deploy" / "rbac.yaml"


def rule(verbs: str, group: str, resources: str, **more: Any) -> dict[str, Any]:
    """A rule of a review."""
    return {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split(), **more}


def lacking(*rules: dict[str, Any], incomplete: bool = False) -> set[tuple[str, str]]:
    """Verb and resource of what these rules do not grant."""
    found = missing(RIGHTS, {"status": {"incomplete": incomplete, "resourceRules": list(rules)}})
    return {(right.verb, right.resource) for right in found}


def test_a_cluster_admin_lacks_nothing() -> None:
    """Stars mean everything, subresources too."""
    assert not lacking(rule("*", "*", "*"))


def test_without_rules_everything_is_missing() -> None:
    """A plain `default` service account has none of them."""
    assert len(lacking()) == len(RIGHTS)


def test_what_pipeline_runner_has_of_kubeflow_pipelines_is_enough_to_start() -> None:
    """Its Role grants kubeflow.org, pods and jobs; events and deployments only serve explanations."""
    role = (
        rule("*", KATIB, "*"),
        rule("*", "", "pods pods/exec pods/log services"),
        rule("*", "batch", "jobs"),
    )
    assert lacking(*role) == {("list", "events"), ("get", "deployments")}


@pytest.mark.parametrize(
    ("granted", "still"),
    [
        (rule("get", "", "pods/*"), {("get", "pods/log")}),
        (rule("get", "", "*/log"), set()),
        (rule("get", "", "pods/log", resourceNames=["mine"]), {("get", "pods/log")}),
        (rule("list", "", "pods/log"), {("get", "pods/log")}),
        (rule("get", "apps", "pods/log"), {("get", "pods/log")}),
    ],
    ids=["no such wildcard", "subresource wildcard", "named objects only", "other verb", "other group"],
)
def test_a_right_to_logs(granted: dict[str, Any], still: set[tuple[str, str]]) -> None:
    """Rules match as Kubernetes' own authorizer matches them."""
    assert lacking(granted) & {("get", "pods/log")} == still


def test_an_authorizer_that_cannot_list_its_rules_proves_nothing() -> None:
    """Where a webhook decides, the review is incomplete; the dry run tells the rest."""
    assert not lacking(incomplete=True)


def test_the_role_grants_exactly_what_is_used() -> None:
    """Every right has a purpose, and every purpose its right."""
    roles = [each for each in yaml.safe_load_all(ROLE.read_text()) if each["kind"] == "Role"]
    granted = {
        (verb, group, resource)
        for role in roles
        for each in role["rules"]
        for verb in each["verbs"]
        for group in each["apiGroups"]
        for resource in each["resources"]
    }
    used = {(right.verb, right.group, right.resource) for right in RIGHTS}
    assert granted - used == BEYOND_A_SEARCH
    assert used <= granted


BEYOND_A_SEARCH = {("get", "", "pods"), ("get", "argoproj.io", "workflows")}
"""What tells a terminated run from a moved pod: the own pod's label, and the Workflow that it names. The pod
also tells a step's run and name where the pipeline does not."""

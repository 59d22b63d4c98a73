# SPDX-License-Identifier: Apache-2.0
"""Which rights are missing, what a trial's pods refer to, and the Job that Kubernetes is asked about."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kfp_katib.engines.katib.api.resources import CLAIMS, CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, Kind
from kfp_katib.engines.katib.preflight import KATIB, RIGHTS, first_job, missing, references
from kfp_katib.experiment import load
from tests.engines.katib.live.manifests import rich, small
from tests.places import ROOT

ROLE = ROOT / "deploy/rbac/profile/rbac.yaml"


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


BEYOND_A_SEARCH = {
    ("get", "", "pods"),
    ("get", "argoproj.io", "workflows"),
    ("patch", KATIB, "experiments"),
}
"""What tells a terminated run from a moved pod: the own pod's label, and the Workflow that it names. The pod
also tells a step's run and name where the pipeline does not. And what extends a search that is there."""


def manifest(**pod: Any) -> dict[str, Any]:
    """A PyTorchJob with a master like this."""
    spec = {"pytorchReplicaSpecs": {"Master": {"template": {"spec": {"containers": [], **pod}}}}}
    return {"spec": {"trialTemplate": {"trialSpec": {"kind": "PyTorchJob", "spec": spec}}}}


def container(**fields: Any) -> dict[str, Any]:
    """A pod with one container."""
    return {"containers": [fields]}


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ({"serviceAccountName": "s"}, (SERVICE_ACCOUNTS, "s")),
        ({"volumes": [{"secret": {"secretName": "s"}}]}, (SECRETS, "s")),
        ({"volumes": [{"configMap": {"name": "c"}}]}, (CONFIG_MAPS, "c")),
        ({"volumes": [{"persistentVolumeClaim": {"claimName": "p"}}]}, (CLAIMS, "p")),
        (container(envFrom=[{"secretRef": {"name": "s"}}]), (SECRETS, "s")),
        (container(envFrom=[{"configMapRef": {"name": "c"}}]), (CONFIG_MAPS, "c")),
        (container(env=[{"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]), (SECRETS, "s")),
        (container(env=[{"valueFrom": {"configMapKeyRef": {"name": "c"}}}]), (CONFIG_MAPS, "c")),
        ({"initContainers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]}, (SECRETS, "s")),
    ],
)
def test_a_reference_is_found(pod: dict[str, Any], expected: tuple[Kind, str]) -> None:
    """Each once, in volumes, environment and identity."""
    assert references(manifest(**pod)) == [expected]


@pytest.mark.parametrize(
    "pod",
    [
        {},
        {"volumes": [{"emptyDir": {}}, {"secret": {"secretName": "s", "optional": True}}]},
        container(
            env=[{"name": "A", "value": "1"}], envFrom=[{"secretRef": {"name": "s", "optional": True}}]
        ),
        container(env=[{"valueFrom": {"secretKeyRef": {"name": "${trialParameters.s}"}}}]),
    ],
    ids=["none", "optional volume", "optional environment", "known only for each trial"],
)
def test_what_a_pod_can_do_without_is_not_looked_for(pod: dict[str, Any]) -> None:
    """Optional references may be absent."""
    assert references(manifest(**pod)) == []


def test_a_template_in_a_config_map_is_not_looked_into() -> None:
    """Katib reads it; we do not."""
    assert references({"spec": {"trialTemplate": {"configMap": {"configMapName": "x"}}}}) == []


@pytest.mark.parametrize("value", [None, 1, "x", ["x"], [None], {"a": 1}, [[]]])
@pytest.mark.parametrize("field", ["volumes", "containers", "initContainers", "serviceAccountName"])
def test_another_kinds_fields_may_hold_anything(field: str, value: Any) -> None:
    """What they mean is their operator's affair; nothing is found in them."""
    found = references(manifest(**{field: value}))
    assert found == ([(SERVICE_ACCOUNTS, "x")] if (field, value) == ("serviceAccountName", "x") else [])


def test_the_first_trials_job_has_values_from_the_search_space() -> None:
    """The first of a list, else the smallest."""
    job = first_job(load(rich("x", "image:1")), "team")
    assert job
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["1 32 adam"]
    assert "${" not in str(job)


def test_the_first_trials_job_is_called_like_a_trial() -> None:
    """Katib appends a dash and eight characters, which counts where names have a greatest length."""
    job = first_job(load(small("x", "image:1")), "team")
    assert job
    assert job["metadata"] == {"name": "x-00000000", "namespace": "team"}


@pytest.mark.parametrize(
    "template",
    [
        pytest.param({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {}}, id="another kind"),
        pytest.param(
            {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {}}, id="another group's Job"
        ),
        pytest.param(None, id="a ConfigMap"),
    ],
)
def test_other_trials_are_not_asked_about(template: dict[str, Any] | None) -> None:
    """Kubernetes may not know their kind, and their content may be out of reach."""
    manifest = small("x", "image:1")
    source = manifest["spec"]["trialTemplate"]
    source |= {"successCondition": "a", "failureCondition": "b"}
    text = "${trialParameters.lr}"
    if template:
        source["trialSpec"] = {**template, "spec": {"arguments": text}}
    else:
        del source["trialSpec"]
        source["configMap"] = {"configMapName": "c", "configMapNamespace": "n", "templatePath": "t"}
    assert first_job(load(manifest), "team") is None

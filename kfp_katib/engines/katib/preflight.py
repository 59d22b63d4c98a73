# SPDX-License-Identifier: Apache-2.0
"""Everything that would stop the search, found before anything is created and reported at once.

One access review lists our rights. A dry run sends the Experiment through Katib's webhooks, which also
tells whether the namespace is enabled for Katib; so no right on namespaces is needed. Another one asks
Kubernetes about a trial's Job: Katib checks only its form, and if Kubernetes refuses it when the first trial
starts, only the log of katib-controller says so, while the Experiment stays Running. What the trials' pods
refer to is looked up where we have the right to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, Kind, Object
from kfp_katib.engines.katib.diagnosis.explain import WEBHOOK_DOWN
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.model import Manifest
from kfp_katib.experiment.rules.paths import items, part
from kfp_katib.experiment.schema import is_job
from kfp_katib.trial.template import trial_spec

logger = logging.getLogger(__name__)

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_NO_DRY_RUN = "does not support dry run"  # a webhook on Jobs has side effects: nothing is known


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one resource. If a `required` one is missing, nothing starts."""

    verb: str
    group: str
    resource: str
    purpose: str
    required: bool = True

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{'.' + self.group if self.group else ''} ({self.purpose})"


KATIB = EXPERIMENTS.group
RIGHTS = (  # `deploy/rbac/profile/rbac.yaml` grants exactly these
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


def check(cluster: Cluster, manifest: Object, trial: Object | None = None) -> tuple[Right, ...]:
    """Find out whether the Experiment could run.

    Args:
        cluster: Where.
        manifest: The Experiment as it would be submitted.
        trial: The Job of its first trial; None where trials are something else.

    Returns:
        The optional rights that are missing: failures are then explained less well.

    Raises:
        InputError: It could not; the message gives every reason that can be seen from here.
    """
    lacking = missing(RIGHTS, cluster.post(_REVIEW, {"spec": {"namespace": cluster.namespace}}))
    faults = [f"no right to {right}" for right in lacking if right.required]
    if error := _refusal(cluster, EXPERIMENTS, manifest):
        faults.append(_explained(error, cluster.namespace))
    if trial and (error := _refusal(cluster, resources.JOBS, trial)) and _NO_DRY_RUN not in str(error):
        words = str(error).partition(": ")[2]
        faults.append(f"Kubernetes would refuse every trial's Job, and Katib would not say so: {words}")
    faults += [
        f"the trials refer to {kind.plural}/{name}, which does not exist"
        for kind, name in references(manifest)
        if _is_absent(cluster, kind, name)
    ]
    if faults:
        raise InputError(
            f"Experiment '{resources.name(manifest)}' cannot run in namespace '{cluster.namespace}' of "
            f"{cluster.address}; nothing was created.\n" + "\n".join(f"  {fault}" for fault in faults)
        )
    for right in lacking:
        logger.warning("no right to %s; failures will be explained less well", right)
    return tuple(lacking)


def missing(rights: Iterable[Right], review: Object) -> list[Right]:
    """The rights that a SelfSubjectRulesReview does not grant.

    An authorizer that cannot list its rules (a webhook, as some clouds have) says `incomplete`; then
    nothing counts as missing.
    """
    status = review["status"]
    if status.get("incomplete"):
        return []
    return [right for right in rights if not any(_grants(rule, right) for rule in status["resourceRules"])]


def first_job(experiment: Experiment, namespace: str) -> Manifest | None:
    """A Job as Katib may create it for the first trial; None if trials are not inline Jobs.

    Args:
        experiment: What is to be submitted.
        namespace: Where.
    """
    template = experiment.trial_template.spec
    if template is None or not is_job(template) or not experiment.parameters:
        return None
    name = f"{experiment.name}-{'0' * 8}"  # Katib appends eight letters and digits
    spaces = {each.name: each.space for each in experiment.parameters}
    values = {each: space.list[0] if space.list else space.min for each, space in spaces.items()}
    job = trial_spec(experiment, name, values)
    job["metadata"] = {**(job.get("metadata") or {}), "name": name, "namespace": namespace}
    return job


def references(manifest: Object) -> list[tuple[Kind, str]]:
    """The Secrets, ConfigMaps, claims and service accounts that the trials' pods need."""
    spec = manifest["spec"].get("trialTemplate", {}).get("trialSpec")
    found = (pair for pod in _pod_specs(spec) for pair in _referred(pod))
    return [pair for pair in dict.fromkeys(found) if "${" not in pair[1]]


def _grants(rule: Object, right: Right) -> bool:
    if rule.get("resourceNames"):
        return False  # a right on named objects only; our names are not known when rights are granted
    wildcard = "*/" + right.resource.partition("/")[2]
    return (
        _within(rule.get("verbs"), right.verb)
        and _within(rule.get("apiGroups"), right.group)
        and (_within(rule.get("resources"), right.resource) or wildcard in rule.get("resources", ()))
    )


def _within(allowed: Iterable[str] | None, wanted: str) -> bool:
    return not {"*", wanted}.isdisjoint(allowed or ())


def _refusal(cluster: Cluster, kind: Kind, manifest: Object) -> ClusterError | None:
    """Why the API server or a webhook would refuse an object; None if they would not."""
    try:
        cluster.create(kind, manifest, dry_run=True)
    except ClusterError as error:
        # 409: it is there already, and submit finds out whether it is ours. The access review reports a
        # missing right better.
        known = error.status == 409 or (error.status == 403 and "cannot create resource" in str(error))
        return None if known else error
    return None


def _explained(error: ClusterError, namespace: str) -> str:
    text = str(error).partition(": ")[2]
    if error.status == 404:
        return f"{text}. Katib is not installed in this cluster, or its version is not v1beta1."
    if error.status >= 500 and "webhook" in text:
        return f"{text}. {WEBHOOK_DOWN}"
    if "metrics-collector-injection" in text:
        label = "katib.kubeflow.org/metrics-collector-injection=enabled"
        return f"{text}. Ask for: kubectl label namespace {namespace} {label}"
    return text


def _is_absent(cluster: Cluster, kind: Kind, name: str) -> bool:
    try:
        cluster.get(kind, name, only_metadata=True)
    except ClusterError as error:
        if error.status not in (403, 404):
            raise
        return error.status == 404  # 403: we may not look, and the kubelet will report it
    return False


def _pod_specs(tree: object) -> Iterator[Object]:
    """Every pod's spec inside a trial's template, whatever its kind (a Job has one, a PyTorchJob two)."""
    if isinstance(tree, list):
        for each in tree:
            yield from _pod_specs(each)
    elif isinstance(tree, dict):
        if isinstance(tree.get("containers"), list):
            yield tree
        for each in tree.values():
            yield from _pod_specs(each)


def _referred(pod: Object) -> Iterator[tuple[Kind, str]]:
    yield from _named({"name": pod.get("serviceAccountName")}, resources.SERVICE_ACCOUNTS)
    for volume in items(pod, "volumes"):
        yield from _named(part(volume, "secret"), resources.SECRETS, "secretName")
        yield from _named(part(volume, "configMap"), resources.CONFIG_MAPS)
        yield from _named(part(volume, "persistentVolumeClaim"), resources.CLAIMS, "claimName")
    for container in (*items(pod, "containers"), *items(pod, "initContainers")):
        sources = [(source, "Ref") for source in items(container, "envFrom")]
        sources += [(part(each, "valueFrom"), "KeyRef") for each in items(container, "env")]
        for source, ending in sources:
            yield from _named(part(source, f"secret{ending}"), resources.SECRETS)
            yield from _named(part(source, f"configMap{ending}"), resources.CONFIG_MAPS)


def _named(source: Mapping[str, object], kind: Kind, key: str = "name") -> Iterator[tuple[Kind, str]]:
    """What a source names, unless it is optional; in other kinds of trial the name may have any type."""
    name = source.get(key)
    if name and isinstance(name, str) and not source.get("optional"):
        yield kind, name

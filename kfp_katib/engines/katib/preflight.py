# SPDX-License-Identifier: Apache-2.0
"""Everything that would stop the search, found before anything is created and reported at once.

One access review lists our rights. A dry run sends the Experiment through Katib's webhooks, which also
tells whether the namespace is enabled for Katib; so no right on namespaces is needed. Another one asks
Kubernetes about a trial's Job. What the trials' pods refer to is looked up where we may look.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kfp_katib.engines.katib import read
from kfp_katib.engines.katib.blame import WEBHOOK_DOWN
from kfp_katib.engines.katib.connect import Cluster
from kfp_katib.engines.katib.kinds import EXPERIMENTS, JOBS, Kind
from kfp_katib.engines.katib.references import references
from kfp_katib.engines.katib.rights import RIGHTS, Right, missing
from kfp_katib.errors import ClusterError, InputError

logger = logging.getLogger(__name__)

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_NO_DRY_RUN = "does not support dry run"  # a webhook on Jobs that acts when it is asked: nothing is known
_LABEL_HINT = (
    "Ask for: kubectl label namespace {namespace} katib.kubeflow.org/metrics-collector-injection=enabled"
)


def check(
    cluster: Cluster, manifest: Mapping[str, Any], trial: Mapping[str, Any] | None = None
) -> tuple[Right, ...]:
    """Find out whether the Experiment could run.

    Args:
        cluster: Where.
        manifest: The Experiment as it would be submitted.
        trial: The Job of its first trial; None where trials are something else.

    Returns:
        The rights we can do without but would rather have: their absence costs explanations.

    Raises:
        InputError: It could not; the message names every reason that can be seen from here.
    """
    lacking = missing(RIGHTS, cluster.post(_REVIEW, {"spec": {"namespace": cluster.namespace}}))
    faults = [f"no right to {right}" for right in lacking if right.required]
    faults += _of_experiment(cluster, manifest)
    faults += _of_trial(cluster, trial) if trial is not None else []
    faults += [_absent(kind, name) for kind, name in references(manifest) if _is_absent(cluster, kind, name)]
    if faults:
        raise InputError(
            f"Experiment '{read.name(manifest)}' cannot run in namespace '{cluster.namespace}' of "
            f"{cluster.address}; nothing was created.\n" + "\n".join(f"  {fault}" for fault in faults)
        )
    wanted = tuple(right for right in lacking if not right.required)
    for right in wanted:
        logger.warning("no right to %s; failures will be explained less well", right)
    return wanted


def _of_experiment(cluster: Cluster, manifest: Mapping[str, Any]) -> list[str]:
    error = _refusal(cluster, EXPERIMENTS, manifest)
    return [_explained(error, cluster.namespace)] if error else []


def _of_trial(cluster: Cluster, job: Mapping[str, Any]) -> list[str]:
    error = _refusal(cluster, JOBS, job)
    if error is None or _NO_DRY_RUN in str(error):
        return []
    words = str(error).partition(": ")[2]
    return [f"Kubernetes would refuse every trial's Job, and Katib would not say so: {words}"]


def _refusal(cluster: Cluster, kind: Kind, manifest: Mapping[str, Any]) -> ClusterError | None:
    """What the API server and the webhooks have against an object."""
    try:
        cluster.create(kind, manifest, dry_run=True)
    except ClusterError as error:
        # 409: it is there already, and submit finds out whether it is ours. A right that is missing is said
        # better by the access review.
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
        return f"{text}. {_LABEL_HINT.format(namespace=namespace)}"
    return text


def _is_absent(cluster: Cluster, kind: Kind, name: str) -> bool:
    try:
        cluster.get(kind, name, only_metadata=True)
    except ClusterError as error:
        if error.status not in (403, 404):
            raise
        return error.status == 404  # 403: we may not look, and the kubelet will tell
    return False


def _absent(kind: Kind, name: str) -> str:
    return f"the trials refer to '{name}' of {kind.plural}, which does not exist"

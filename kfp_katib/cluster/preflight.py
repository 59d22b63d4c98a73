# SPDX-License-Identifier: Apache-2.0
"""Everything that would stop the search, found before anything is created and reported at once.

One access review lists our rights. A dry run sends the Experiment through Katib's webhooks, which also
tells whether the namespace is enabled for Katib; so no right on namespaces is needed. What the trials'
pods refer to is looked up where we may look.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kfp_katib.cluster import read
from kfp_katib.cluster.connect import Cluster
from kfp_katib.cluster.kinds import EXPERIMENTS, Kind
from kfp_katib.cluster.references import references
from kfp_katib.cluster.rights import RIGHTS, Right, missing
from kfp_katib.errors import ClusterError, InputError

logger = logging.getLogger(__name__)

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_LABEL_HINT = (
    "Ask for: kubectl label namespace {namespace} katib.kubeflow.org/metrics-collector-injection=enabled"
)


def check(cluster: Cluster, manifest: Mapping[str, Any]) -> tuple[Right, ...]:
    """Find out whether the Experiment could run.

    Args:
        cluster: Where.
        manifest: The Experiment as it would be submitted.

    Returns:
        The rights we can do without but would rather have: their absence costs explanations.

    Raises:
        InputError: It could not; the message names every reason that can be seen from here.
    """
    lacking = missing(RIGHTS, cluster.post(_REVIEW, {"spec": {"namespace": cluster.namespace}}))
    faults = [f"no right to {right}" for right in lacking if right.required]
    faults += _refused(cluster, manifest)
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


def _refused(cluster: Cluster, manifest: Mapping[str, Any]) -> list[str]:
    """What the API server and Katib's webhooks have against the Experiment."""
    try:
        cluster.create(EXPERIMENTS, manifest, dry_run=True)
    except ClusterError as error:
        if error.status == 409:
            return []  # it is there already; submit finds out whether it is ours
        if error.status == 403 and "cannot create resource" in str(error):
            return []  # the access review says it better
        return [_explained(error, cluster.namespace)]
    return []


def _explained(error: ClusterError, namespace: str) -> str:
    text = str(error).partition(": ")[2]
    if error.status == 404:
        return f"{text}. Katib is not installed in this cluster, or its version is not v1beta1."
    if error.status >= 500 and "webhook" in text:
        return f"{text}. Katib's webhook does not answer: is the pod katib-controller running?"
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

# SPDX-License-Identifier: Apache-2.0
"""Is katib-controller alive? Asked once something should have been done that nobody else does.

Its webhooks are served by the very process that makes Suggestions, Trials and Jobs, so that a dry run of
the Experiment's creation tells without any further right. Where its namespace may be read, its pods and the
lease of its leader say more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from kfp_katib.engines.katib import pods, read
from kfp_katib.engines.katib.connect import ONCE, Cluster
from kfp_katib.engines.katib.identity import as_written
from kfp_katib.engines.katib.kinds import EXPERIMENTS, LEASES, PODS
from kfp_katib.errors import ClusterError

NAME = "katib-controller"
LOOK = "kubectl get pods -A -l katib.kubeflow.org/component=controller"

_LABEL = "katib.kubeflow.org/component=controller"
_NAMESPACE = "kubeflow"  # Katib's own manifests install it there
_LEASE = "3fbc96e9.katib.kubeflow.org"  # its default; there is one only where leaders are elected


def why_down(cluster: Cluster, experiment: Mapping[str, Any]) -> str:
    """What shows that katib-controller does not run; empty where nothing does.

    Args:
        cluster: Where the Experiment is.
        experiment: The Experiment as it is stored.
    """
    return _of_webhook(cluster, experiment) or next(_of_its_own(cluster), "")


def _of_webhook(cluster: Cluster, experiment: Mapping[str, Any]) -> str:
    """Katib's webhook comes before Kubernetes sees that the name is taken, so 409 is a sign of life.

    Kubernetes waits 10 s for a process that hangs; it is asked once.
    """
    try:
        with cluster.another(ONCE) as line:
            line.create(EXPERIMENTS, as_written(experiment), dry_run=True)
    except ClusterError as error:
        down = error.status >= 500 and "webhook" in str(error) and "katib" in str(error)
        return f"its webhook does not answer ({str(error).partition(': ')[2]})" if down else ""
    return ""


def _of_its_own(cluster: Cluster) -> Iterator[str]:
    for namespace in dict.fromkeys((_NAMESPACE, cluster.namespace)):
        there = cluster.at(namespace)
        try:
            found, _ = there.list(PODS, labelSelector=_LABEL)
            if found and not any(pods.ready(pod) for pod in found):
                yield f"its pod {read.name(found[0])} in namespace {namespace} is {_state(found[0])}"
            lease = there.get(LEASES, _LEASE)
        except ClusterError:
            continue  # no right to look there, or no lease: nothing is known
        spec = lease.get("spec") or {}
        renewed = read.moment(spec.get("renewTime"))
        lasts = timedelta(seconds=2 * (spec.get("leaseDurationSeconds") or 15))
        if renewed is not None and there.now() > renewed + lasts:
            yield f"its leader has not renewed the lease {namespace}/{_LEASE} since {spec['renewTime']}"


def _state(pod: Mapping[str, Any]) -> str:
    waits = [str(why.get("reason")) for _, why, _ in pods.waiting(pod)]
    return ", ".join(waits) or pods.lost(pod) or f"{pods.phase(pod)}, not ready"

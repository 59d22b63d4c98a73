# SPDX-License-Identifier: Apache-2.0
"""Whether katib-controller is alive: its webhooks, its pods and its leader's lease."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.client import ONCE, Cluster
from kfp_katib.engines.katib.api.resources import Object
from kfp_katib.errors import ClusterError

_CONTROLLER_LABEL = "katib.kubeflow.org/component=controller"
_KATIBS_NAMESPACE = "kubeflow"  # Katib's own manifests install it there
_LEASE = "3fbc96e9.katib.kubeflow.org"  # its default; there is one only where leaders are elected


def why_down(cluster: Cluster, experiment: Object) -> str:
    """What shows that katib-controller is not running; empty if nothing does.

    Its webhooks are served by the same process that makes Suggestions, Trials and Jobs, so a dry run of the
    Experiment's creation tests it without any further right. Katib's webhook comes before Kubernetes sees
    that the name is taken: 409 is a sign of life. There is one attempt only, since Kubernetes waits 10 s for
    a process that hangs. If we may read the controller's namespace, its pods and its leader's lease say more.

    Args:
        cluster: Where the Experiment is.
        experiment: The Experiment as it is stored.
    """
    try:
        with cluster.another(ONCE) as connection:
            connection.create(resources.EXPERIMENTS, resources.as_written(experiment), dry_run=True)
    except ClusterError as error:
        if error.status >= 500 and "webhook" in str(error) and "katib" in str(error):
            return f"its webhook does not answer ({str(error).partition(': ')[2]})"
    return next(_controller_symptoms(cluster), "")


def _controller_symptoms(cluster: Cluster) -> Iterator[str]:
    for namespace in dict.fromkeys((_KATIBS_NAMESPACE, cluster.namespace)):
        there = cluster.at(namespace)
        try:
            found, _ = there.list(resources.PODS, labelSelector=_CONTROLLER_LABEL)
            if found and not any(resources.ready(pod) for pod in found):
                name, state = resources.name(found[0]), _pod_state(found[0])
                yield f"its pod {name} in namespace {namespace} is {state}"
            lease = there.get(resources.LEASES, _LEASE)
        except ClusterError:
            continue  # no right to look there, or no lease: nothing is known
        spec = lease.get("spec") or {}
        renewed = resources.moment(spec.get("renewTime"))
        lasts = timedelta(seconds=2 * (spec.get("leaseDurationSeconds") or 15))
        if renewed is not None and there.now() > renewed + lasts:
            yield f"its leader has not renewed the lease {namespace}/{_LEASE} since {spec['renewTime']}"


def _pod_state(pod: Object) -> str:
    waits = [str(why.get("reason")) for _, why, _ in resources.waiting(pod)]
    return ", ".join(waits) or resources.lost(pod) or f"{resources.phase(pod)}, not ready"

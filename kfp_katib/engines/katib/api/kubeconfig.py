# SPDX-License-Identifier: Apache-2.0
"""Which cluster is meant: the one of the pod's own service account, or the one of the kubeconfig."""

from __future__ import annotations

import os
from pathlib import Path

import kubernetes
import yaml

from kfp_katib.errors import ClusterError

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_MALFORMED = (yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError, OSError)
"""What the Kubernetes client raises for a kubeconfig that is none, beside its own error."""


def configured(*, own_pod: bool, instead: str) -> tuple[kubernetes.client.Configuration, str]:
    """How to reach the cluster, and the namespace that is meant where none is named.

    Args:
        own_pod: Whether only the cluster of this pod will do.
        instead: What may be done without a cluster, for the error; empty if nothing.

    Raises:
        ClusterError: There is neither a service account nor a kubeconfig that can be read.
    """
    configuration = kubernetes.client.Configuration()
    file = os.environ.get("KUBECONFIG")  # the client looks at it once, when it is imported
    try:
        if (file is None or own_pod) and (_SERVICE_ACCOUNT / "token").exists():
            kubernetes.config.load_incluster_config(configuration)
            return configuration, (_SERVICE_ACCOUNT / "namespace").read_text().strip()
        kubernetes.config.load_kube_config(file, client_configuration=configuration)
        context = kubernetes.config.list_kube_config_contexts(file)[1]["context"]
    except (kubernetes.config.ConfigException, *_MALFORMED) as error:
        raise ClusterError(" ".join(filter(None, [_no_cluster(file, error), instead]))) from error
    return configuration, context.get("namespace", "default")


def _no_cluster(file: str | None, error: Exception) -> str:
    """Why no cluster is known, and how it would be."""
    path = Path(file or kubernetes.config.KUBE_CONFIG_DEFAULT_LOCATION).expanduser()
    why = f"there is no file {path}."
    if path.exists():
        own = isinstance(error, kubernetes.config.ConfigException)
        why = f"{path} is no kubeconfig: {error if own else ' '.join(str(error).split())}".rstrip(".") + "."
    return f"No cluster is known: {why} Set KUBECONFIG to the kubeconfig of a cluster that has Katib."

# SPDX-License-Identifier: Apache-2.0
"""The kinds of objects that we read, and where the Kubernetes API keeps them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object, by the group, version and plural of its address."""

    group: str
    version: str
    plural: str

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """The address of a collection, an object, or a part of one, below the server's."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root, "namespaces", namespace, self.plural, name, subresource]
        return "/".join(part for part in parts if part)


EXPERIMENTS = Kind("kubeflow.org", "v1beta1", "experiments")
TRIALS = Kind("kubeflow.org", "v1beta1", "trials")
SUGGESTIONS = Kind("kubeflow.org", "v1beta1", "suggestions")
PODS = Kind("", "v1", "pods")
EVENTS = Kind("", "v1", "events")
SECRETS = Kind("", "v1", "secrets")
CONFIG_MAPS = Kind("", "v1", "configmaps")
CLAIMS = Kind("", "v1", "persistentvolumeclaims")
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts")
JOBS = Kind("batch", "v1", "jobs")
DEPLOYMENTS = Kind("apps", "v1", "deployments")
LEASES = Kind("coordination.k8s.io", "v1", "leases")
WORKFLOWS = Kind("argoproj.io", "v1alpha1", "workflows")

EXPERIMENT_LABEL = "katib.kubeflow.org/experiment"
TRIAL_LABEL = "katib.kubeflow.org/trial"

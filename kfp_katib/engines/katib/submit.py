# SPDX-License-Identifier: Apache-2.0
"""Create the Experiment, or adopt the one that an earlier attempt of the same step created."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from kfp_katib.engines.katib import read
from kfp_katib.engines.katib.connect import Cluster
from kfp_katib.engines.katib.identity import HASH_LABEL, MANAGER_LABEL
from kfp_katib.engines.katib.kinds import EXPERIMENTS
from kfp_katib.engines.katib.spec import differences
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.experiment.labels import RUN, TASK

logger = logging.getLogger(__name__)

_OURS = (MANAGER_LABEL, RUN, TASK, HASH_LABEL)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Submitted:
    """An Experiment that is in the cluster."""

    name: str
    uid: str
    created: datetime
    adopted: bool


def adopt(cluster: Cluster, manifest: Mapping[str, Any]) -> Submitted | None:
    """The Experiment, where an earlier attempt has created it; None where there is none.

    Raises:
        InputError: Another Experiment has the name.
    """
    name = read.name(manifest)
    try:
        stored = find(cluster, name)
    except ClusterError as error:
        if error.status == 403:
            return None  # the preflight names the missing right, together with all others
        raise
    if stored is None:
        return None
    refuse_foreign(manifest, stored)
    logger.info("Experiment %s/%s is there already and ours: going on with it", cluster.namespace, name)
    return submitted(stored, adopted=True)


def find(cluster: Cluster, name: str) -> Mapping[str, Any] | None:
    """An Experiment by its name; None where there is none."""
    try:
        return cluster.get(EXPERIMENTS, name)
    except ClusterError as error:
        if error.status == 404:
            return None
        raise


def no_such(name: str, namespace: str) -> str:
    """What to say where there is none."""
    return (
        f"No Experiment '{name}' in namespace '{namespace}'. "
        f"List them: kubectl get experiments -n {namespace}"
    )


def create(cluster: Cluster, manifest: Mapping[str, Any]) -> Submitted:
    """Put the Experiment into the cluster; one of that name by now is adopted or refused.

    Raises:
        InputError: Another Experiment has the name.
        ClusterError: The API server or a webhook refuses.
    """
    try:
        stored = cluster.create(EXPERIMENTS, manifest)
    except ClusterError as error:
        # The create that a broken connection hid from us, or a twin of this pod.
        found = adopt(cluster, manifest) if error.status == 409 else None
        if found is None:
            raise
        return found
    logger.info("Experiment %s/%s created", cluster.namespace, read.name(manifest))
    return submitted(stored, adopted=False)


def refuse_foreign(wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Raise unless the stored Experiment is the very one that we would have created.

    Raises:
        InputError: It is not, or it is being deleted; the message names the labels or fields that differ.
    """
    name, namespace = read.name(stored), stored["metadata"]["namespace"]
    where = f"Experiment '{name}' in namespace '{namespace}'"
    if stored["metadata"].get("deletionTimestamp"):
        raise InputError(f"{where} is being deleted. Wait until it is gone and start again.")
    ours = wanted["metadata"]["labels"]
    theirs = stored["metadata"].get("labels") or {}
    differ = [
        f"{key} is {theirs.get(key)!r}, not {ours[key]!r}" for key in _OURS if theirs.get(key) != ours[key]
    ]
    differ = differ or list(islice(differences(wanted, stored), _SHOWN))
    if differ:
        raise InputError(
            f"{where} exists already and is not this search: {', '.join(differ)}. "
            f"Choose another name, or delete it: kubectl delete experiment {name} -n {namespace}"
        )


def submitted(stored: Mapping[str, Any], *, adopted: bool) -> Submitted:
    """Where a stored Experiment is."""
    metadata = stored["metadata"]
    created = datetime.fromisoformat(metadata["creationTimestamp"])
    return Submitted(metadata["name"], metadata["uid"], created, adopted)

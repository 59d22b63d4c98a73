# SPDX-License-Identifier: Apache-2.0
"""Create the Experiment, or adopt the one that an earlier attempt of the same search created.

A restarted pod finds its predecessor's search by the name, which the launcher derives from run, step and
manifest. The labels tell that search from one that merely has its name. But labels can be copied together
with a manifest that is then changed, and the spec is what runs: so both must agree. Only the budget may
differ; `extend` then gives the Experiment the new one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import Any

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, Object
from kfp_katib.engines.katib.extend import CHANGEABLE, EDITABLE, HASH_LABEL, extend
from kfp_katib.engines.labels import RUN, TASK, digest, label_value, marked
from kfp_katib.engines.options import Identity
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.model import Manifest
from kfp_katib.experiment.structure import check_structure

logger = logging.getLogger(__name__)

MANAGER_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "kfp-katib"

_SHOWN = 5
_ATTEMPTS, _PAUSE_SECONDS = 5, 0.2
_MOVED_ON = (400, 409, 422)  # the webhook, another writer, another Experiment of the name: look again
_POD_LABELS = "primaryPodLabels"
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Submitted:
    """An Experiment that is in the cluster, as the API server last answered about it."""

    stored: Object

    @property
    def name(self) -> str:
        """Its name."""
        return resources.name(self.stored)

    @property
    def uid(self) -> str:
        """What tells it from a later one of its name."""
        return str(self.stored["metadata"]["uid"])

    @property
    def created(self) -> datetime:
        """When it was."""
        return datetime.fromisoformat(self.stored["metadata"]["creationTimestamp"])


def labelled(experiment: Experiment, namespace: str, identity: Identity) -> Manifest:
    """The manifest to submit: with a namespace and our labels, which Katib copies to its trials."""
    texts = {
        MANAGER_LABEL: MANAGER,
        RUN: identity.run_id,
        TASK: identity.task_name,
        HASH_LABEL: digest(experiment.manifest_json),
    }
    manifest = experiment.manifest
    manifest["metadata"] = {**marked(manifest["metadata"], texts), "namespace": namespace}
    return manifest


def run_selector(run_id: str) -> str:
    """The label selector of every Experiment that one pipeline run started."""
    return f"{MANAGER_LABEL}={MANAGER},{RUN}={label_value(run_id)}"


def adopt(cluster: Cluster, manifest: Object) -> Submitted | None:
    """The Experiment with this manifest's budget if an earlier attempt has created it, else None.

    Raises:
        InputError: Another Experiment has the name, or this one cannot be given the budget.
        ClusterError: It could be, and yet a webhook or the API server refuses.
    """
    for attempt in count(1):
        stored = _there_already(cluster, resources.name(manifest))
        if stored is None:
            break
        _refuse_foreign(manifest, stored)
        try:
            extended = extend(cluster, manifest, stored)
        except ClusterError as error:
            if error.status not in _MOVED_ON or attempt == _ATTEMPTS:
                raise
            time.sleep(attempt * _PAUSE_SECONDS)
            continue
        logger.info("Experiment %s/%s exists already and is ours", cluster.namespace, resources.name(stored))
        return Submitted(extended)
    return None


def _there_already(cluster: Cluster, name: str) -> Object | None:
    try:
        return find(cluster, name)
    except ClusterError as error:
        if error.status == 403:
            return None  # the preflight names the missing right, together with all others
        raise


def find(cluster: Cluster, name: str) -> Object | None:
    """An Experiment by its name; None if there is none."""
    try:
        return cluster.get(EXPERIMENTS, name)
    except ClusterError as error:
        if error.status == 404:
            return None
        raise


def no_such(name: str, namespace: str) -> str:
    """The message for an Experiment that does not exist."""
    return f"No Experiment '{name}' in namespace '{namespace}'. List them: kfp-katib list -n {namespace}"


def create(cluster: Cluster, manifest: Object) -> Submitted:
    """Create the Experiment; if one with its name has appeared meanwhile, adopt or refuse it.

    Raises:
        InputError: Another Experiment has the name.
        ClusterError: The API server or a webhook refuses.
    """
    try:
        stored = cluster.create(EXPERIMENTS, manifest)
    except ClusterError as error:
        # Our own create, whose answer a broken connection lost, or that of a second pod of this step.
        found = adopt(cluster, manifest) if error.status == 409 else None
        if found is None:
            raise
        return found
    logger.info("Experiment %s/%s created", cluster.namespace, resources.name(manifest))
    return Submitted(stored)


def differences(wanted: Object, stored: Object) -> Iterator[str]:
    """The fields in which two Experiments' specs differ, in words; none if they are the same search.

    Katib's webhook has filled in defaults and dropped what is empty, so both are brought to that form.

    Args:
        wanted: The manifest.
        stored: What the cluster holds.
    """
    ours, theirs = _form(wanted), _form(stored)
    if _POD_LABELS not in ours.get("trialTemplate", {}):
        # Katib fills them in for the training operator's kinds.
        theirs.get("trialTemplate", {}).pop(_POD_LABELS, None)
    yield from _differ(ours, theirs, "spec")


def _refuse_foreign(wanted: Object, stored: Object) -> None:
    """Raise unless the stored Experiment is the one that we would have created.

    Raises:
        InputError: It is not, or it is being deleted; the message names the labels or fields that differ.
    """
    name, namespace = resources.name(stored), stored["metadata"]["namespace"]
    where = f"Experiment '{name}' in namespace '{namespace}'"
    if stored["metadata"].get("deletionTimestamp"):
        raise InputError(f"{where} is being deleted. Wait until it is gone and start again.")
    ours, theirs = (each["metadata"].get("labels") or {} for each in (wanted, stored))
    labels = (MANAGER_LABEL, RUN, TASK)
    differ = [
        f"{key} is {theirs.get(key)!r}, not {ours[key]!r}" for key in labels if theirs.get(key) != ours[key]
    ]
    fields = [] if differ else list(islice(differences(wanted, stored), _SHOWN))
    if differ or fields:
        raise InputError(
            f"{where} exists already and is not this search: {', '.join(differ or fields)}. "
            f"{CHANGEABLE if fields else ''}Choose another name, or delete it: "
            f"kubectl delete experiment {name} -n {namespace}"
        )


def _form(manifest: Object) -> dict[str, Any]:
    """The spec after Katib's webhook, without what may be edited."""
    spec: dict[str, Any] = with_defaults(check_structure(manifest).manifest)["spec"]
    objective, template = spec.get("objective", {}), spec.get("trialTemplate", {})
    strategies = objective.get("metricStrategies", [])
    objective["metricStrategies"] = {each.get("name"): each.get("value") for each in strategies}
    inner = template.pop("trialSpec", None)  # kept as written, empty volumes included
    rest: dict[str, Any] = _filled({name: value for name, value in spec.items() if name not in EDITABLE})
    if inner is not None:
        rest.setdefault("trialTemplate", {})["trialSpec"] = inner
    return rest


def _filled(value: Any) -> Any:
    """The value without what Go leaves out when it writes an object: null, false, and everything empty."""
    if isinstance(value, dict):
        kept = {name: _filled(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each or type(each) in (int, float)}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _differ(wanted: Any, stored: Any, path: str) -> Iterator[str]:
    if wanted == stored:
        return
    if isinstance(wanted, dict) and isinstance(stored, dict):
        for name in dict.fromkeys((*wanted, *stored)):
            yield from _differ(wanted.get(name, _ABSENT), stored.get(name, _ABSENT), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(stored, list) and len(wanted) == len(stored):
        for index, (one, other) in enumerate(zip(wanted, stored, strict=True)):
            yield from _differ(one, other, f"{path}[{index}]")
    else:
        yield f"{path} is {_said(stored)}, not {_said(wanted)}"


def _said(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

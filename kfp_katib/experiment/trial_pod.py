# SPDX-License-Identifier: Apache-2.0
"""What a manifest cannot know of an installation (credentials, volumes), merged into the trials' pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment.pods import ISTIO_LABEL, istio_word, pod_templates
from kfp_katib.experiment.problem import Finding, Problem
from kfp_katib.experiment.schema import ObjectType, object_types
from kfp_katib.experiment.source import UnreadableError, plain
from kfp_katib.experiment.structure import NULL_ITEM, WRONG_TYPE, check_fields

METADATA_FIELDS = ("labels", "annotations")
CONTAINER_FIELDS = ("env", "envFrom", "volumeMounts", "resources", "imagePullPolicy")
POD_FIELDS = (
    "initContainers",
    "volumes",
    "tolerations",
    "nodeSelector",
    "affinity",
    "imagePullSecrets",
    "serviceAccountName",
    "priorityClassName",
    "runtimeClassName",
    "securityContext",
)

_NAME = "trial_pod"
_IDENTITY = {"volumeMounts": "mountPath"}  # every other list of named things goes by `name`


def read_trial_pod(trial_pod: object) -> dict[str, Any]:
    """What a caller handed over, as plain data with Kubernetes' fields and types.

    Raises:
        ManifestError: It is no mapping, holds what JSON does not have, a null, or a field that is unknown or
            of the wrong type; every problem names its field.
    """
    try:
        data = plain(trial_pod)
    except UnreadableError as err:
        path = f"{_NAME}.{err.problem.path}" if err.problem.path else _NAME
        raise ManifestError(_NAME, (replace(err.problem, path=path),)) from err
    if not isinstance(data, dict):
        message = f"A mapping is due here, not {type(data).__name__}."
        found = Finding(_NAME, message, "Write its fields as `name: value` pairs.", data)
        raise ManifestError(_NAME, (WRONG_TYPE.problem(found),))
    problems = tuple(_nulls(data, _NAME)) or check_fields(data, _trial_pod_type(), _NAME)
    if problems:
        raise ManifestError(_NAME, problems)
    return data


def _nulls(value: Any, path: str) -> Iterator[Problem]:
    """A null would take the manifest's own field away, or be refused at its place by Katib's webhook."""
    if value is None:
        yield NULL_ITEM.problem(Finding(path, "The value is null.", "Give a value, or remove the field."))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _nulls(item, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _nulls(item, f"{path}[{i}]")


def merge_trial_pod(manifest: dict[str, Any], trial_pod: object) -> None:
    """Merge into every pod template of the manifest's trial, in place.

    Args:
        manifest: An Experiment manifest.
        trial_pod: Kubernetes' own field names, flat: `labels` and `annotations` of the pod; `env`,
            `envFrom`, `volumeMounts`, `resources` of the primary container; `initContainers`, `volumes`,
            `tolerations`, `nodeSelector`, `imagePullSecrets`, `serviceAccountName` and their like of the
            pod. What is named alike in the manifest is replaced, everything else is added.

    Raises:
        InputError: The trial's kind has no pod template.
        ManifestError: As by `read_trial_pod`.
    """
    added = read_trial_pod(trial_pod)
    template = manifest["spec"]["trialTemplate"]
    pods = [pod for _, pod in pod_templates(template.get("trialSpec") or {})]
    if added and not pods:
        raise InputError(
            f"trial_pod cannot be merged into {_shown(template)}: it has no pod template that we know. "
            "Write its fields into the template, or use a Job, TFJob, PyTorchJob, XGBoostJob or MPIJob."
        )
    for pod in pods:
        _merge(pod, added, template.get("primaryContainerName", ""))


def add_istio_label(manifest: dict[str, Any]) -> None:
    """Keep Istio's sidecar out of the trials' pods, where the manifest says nothing, in place.

    With the sidecar a trial's pod never ends, and its metrics are never read (katib#955, katib#1042).
    """
    for _, pod in pod_templates(manifest["spec"]["trialTemplate"].get("trialSpec") or {}):
        if not istio_word(pod):
            _child(_child(pod, "metadata"), "labels")[ISTIO_LABEL] = "false"


def _trial_pod_type() -> ObjectType:
    known = object_types()
    parts = (("ObjectMeta", METADATA_FIELDS), ("Container", CONTAINER_FIELDS), ("PodSpec", POD_FIELDS))
    return ObjectType({name: known[part].fields[name] for part, names in parts for name in names}, ())


def _merge(pod: dict[str, Any], trial_pod: Mapping[str, Any], primary: str) -> None:
    spec = _child(pod, "spec")
    present = spec.get("containers")
    containers = [item for item in present if isinstance(item, dict)] if isinstance(present, list) else []
    chosen = [container for container in containers if container.get("name") == primary] or containers
    for name, value in trial_pod.items():
        if name in METADATA_FIELDS:
            _put(_child(pod, "metadata"), name, value)
        elif name in POD_FIELDS:
            _put(spec, name, value)
        else:
            for container in chosen:
                _put(container, name, value)


def _put(owner: dict[str, Any], name: str, value: Any) -> None:
    """Maps are merged key by key, lists item by item, anything else is replaced."""
    present = owner.get(name)
    if isinstance(present, dict) and isinstance(value, Mapping):
        for key, item in value.items():
            _put(present, key, item)
    elif isinstance(present, list) and isinstance(value, list):
        owner[name] = _merged(present, value, _IDENTITY.get(name, "name"))
    else:
        owner[name] = value


def _merged(present: list[Any], added: list[Any], identity: str) -> list[Any]:
    names = [name for item in added if (name := _name(item, identity)) is not None]
    return [item for item in present if item not in added and _name(item, identity) not in names] + added


def _name(item: Any, identity: str) -> Any:
    return item.get(identity) if isinstance(item, dict) else None


def _child(owner: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(owner.get(name), dict):
        owner[name] = {}
    child: dict[str, Any] = owner[name]
    return child


def _shown(template: Mapping[str, Any]) -> str:
    spec = template.get("trialSpec")
    return f"a trial of kind {spec.get('kind')}" if spec else "a trial whose template lies in a ConfigMap"

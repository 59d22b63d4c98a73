# SPDX-License-Identifier: Apache-2.0
"""The trials' pods: find their templates, and merge in what a manifest cannot know about an installation.

Credentials, volumes and labels depend on the installation; Istio's sidecar must stay out wherever it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment.fitting import NULL_ITEM
from kfp_katib.experiment.plain import UnreadableError, leaves, plain
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.schema import ObjectType, is_job, object_types
from kfp_katib.experiment.structure import check_fields

ISTIO_LABEL = "sidecar.istio.io/inject"
TRAINING_API_VERSION = "kubeflow.org/v1"

REPLICAS: Mapping[str, str] = {
    "TFJob": "tfReplicaSpecs",
    "PyTorchJob": "pytorchReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
}
"""The jobs of Kubeflow's training operator, and the field of each that maps roles to pod templates."""

METADATA_FIELDS = ("labels", "annotations")
CONTAINER_FIELDS = ("env", "envFrom", "volumeMounts", "resources", "imagePullPolicy")
POD_FIELDS = (
    *("initContainers", "volumes", "tolerations", "nodeSelector", "affinity", "imagePullSecrets"),
    *("serviceAccountName", "priorityClassName", "runtimeClassName", "securityContext"),
)

_NAME = "trial_pod"
_IDENTITY = {"volumeMounts": "mountPath"}  # items of any other list are identified by `name`


def pod_templates(trial_spec: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod templates of a Job or of a training operator's job, with their paths; none for other kinds."""
    spec = trial_spec.get("spec")
    owners: Mapping[str, Any] = {"spec": spec}
    if not is_job(trial_spec):
        known = trial_spec.get("apiVersion") == TRAINING_API_VERSION and isinstance(spec, Mapping)
        field = REPLICAS.get(str(trial_spec.get("kind"))) if known else None
        replicas = spec.get(field) if isinstance(spec, Mapping) else None
        by_role = replicas.items() if isinstance(replicas, Mapping) else ()
        owners = {f"spec.{field}.{role}": owner for role, owner in by_role}
    for path, owner in owners.items():
        template = owner.get("template") if isinstance(owner, Mapping) else None
        if isinstance(template, dict):
            yield f"{path}.template", template


def keeps_istio_out(pod: Mapping[str, Any]) -> bool:
    """Whether a pod template keeps Istio's sidecar out, by the label or by the older annotation."""
    return _istio_word(pod) == "false"


def _istio_word(pod: Mapping[str, Any]) -> str:
    """What a pod template says about Istio's sidecar, empty if nothing; the label wins."""
    metadata = pod.get("metadata")
    for field in METADATA_FIELDS:
        named = metadata.get(field) if isinstance(metadata, Mapping) else None
        word = named.get(ISTIO_LABEL) if isinstance(named, Mapping) else None
        if word is not None:
            return str(word)
    return ""


def add_istio_label(manifest: dict[str, Any]) -> None:
    """Keep Istio's sidecar out of the trials' pods unless the manifest mentions it, in place.

    With the sidecar a trial's pod never ends, and its metrics are never read (katib#955, katib#1042).
    """
    for _, pod in pod_templates(manifest["spec"]["trialTemplate"].get("trialSpec") or {}):
        if not _istio_word(pod):
            _child(_child(pod, "metadata"), "labels")[ISTIO_LABEL] = "false"


def read_trial_pod(trial_pod: object) -> dict[str, Any]:
    """A caller's `trial_pod`, as plain data with Kubernetes' fields and types.

    Raises:
        ManifestError: It is not a mapping, or holds a value of no JSON type, a null, or a field that is
            unknown or has the wrong type; every problem names its field.
    """
    try:
        data = plain(trial_pod)
    except UnreadableError as err:
        path = f"{_NAME}.{err.problem.path}" if err.problem.path else _NAME
        raise ManifestError(_NAME, (replace(err.problem, path=path),)) from err
    # A null would remove the manifest's own field, or Katib's webhook would refuse it there.
    nulls = tuple(
        NULL_ITEM.problem(Finding(path, "The value is null.", "Give a value, or remove the field."))
        for path, value in leaves(data, _NAME)
        if value is None
    )
    if problems := nulls or check_fields(data, _trial_pod_type(), _NAME):
        raise ManifestError(_NAME, problems)
    read: dict[str, Any] = data
    return read


def _trial_pod_type() -> ObjectType:
    known = object_types()
    parts = (("ObjectMeta", METADATA_FIELDS), ("Container", CONTAINER_FIELDS), ("PodSpec", POD_FIELDS))
    return ObjectType({name: known[part].fields[name] for part, names in parts for name in names})


def merge_trial_pod(manifest: dict[str, Any], trial_pod: object) -> None:
    """Merge `trial_pod` into every pod template of the manifest's trial, in place.

    Args:
        manifest: An Experiment manifest.
        trial_pod: Kubernetes' own field names, flat: `labels` and `annotations` of the pod; `env`,
            `envFrom`, `volumeMounts`, `resources` of the primary container; `initContainers`, `volumes`,
            `tolerations`, `nodeSelector`, `imagePullSecrets`, `serviceAccountName` and the like of the
            pod. What has the same name in the manifest is replaced, everything else is added.

    Raises:
        InputError: The trial's kind has no pod template.
        ManifestError: As for `read_trial_pod`.
    """
    added = read_trial_pod(trial_pod)
    template = manifest["spec"]["trialTemplate"]
    spec = template.get("trialSpec")
    pods = [pod for _, pod in pod_templates(spec or {})]
    if added and not pods:
        shown = f"of kind {spec.get('kind')}" if spec else "whose template lies in a ConfigMap"
        raise InputError(
            f"trial_pod cannot be merged into a trial {shown}: it has no pod template that we know. "
            "Write its fields into the template, or use a Job, TFJob, PyTorchJob, XGBoostJob or MPIJob."
        )
    for pod in pods:
        _merge(pod, added, template.get("primaryContainerName", ""))


def _merge(pod: dict[str, Any], trial_pod: Mapping[str, Any], primary: str) -> None:
    spec = _child(pod, "spec")
    present = spec.get("containers")
    containers = [item for item in present if isinstance(item, dict)] if isinstance(present, list) else []
    chosen = [container for container in containers if container.get("name") == primary] or containers
    for name, value in trial_pod.items():
        if name in METADATA_FIELDS:
            _put(_child(pod, "metadata"), name, value)
        else:
            for owner in [spec] if name in POD_FIELDS else chosen:
                _put(owner, name, value)


def _put(owner: dict[str, Any], name: str, value: Any) -> None:
    """Maps are merged key by key, lists item by item, anything else is replaced."""
    present = owner.get(name)
    if isinstance(present, dict) and isinstance(value, Mapping):
        for key, item in value.items():
            _put(present, key, item)
    elif isinstance(present, list) and isinstance(value, list):
        identity = _IDENTITY.get(name, "name")
        names = [named for item in value if (named := _identity(item, identity)) is not None]
        kept = [item for item in present if item not in value and _identity(item, identity) not in names]
        owner[name] = kept + value
    else:
        owner[name] = value


def _identity(item: Any, field: str) -> Any:
    return item.get(field) if isinstance(item, dict) else None


def _child(owner: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(owner.get(name), dict):
        owner[name] = {}
    child: dict[str, Any] = owner[name]
    return child

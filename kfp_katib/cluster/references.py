# SPDX-License-Identifier: Apache-2.0
"""What a trial's pods cannot start without: the objects that its template names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.cluster.kinds import CLAIMS, CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, Kind


def references(manifest: Mapping[str, Any]) -> list[tuple[Kind, str]]:
    """The Secrets, ConfigMaps, claims and service accounts that the trials' pods cannot do without."""
    spec = manifest["spec"].get("trialTemplate", {}).get("trialSpec")
    found = (pair for pod in _pod_specs(spec) for pair in _referred(pod))
    return [pair for pair in dict.fromkeys(found) if "${" not in pair[1]]


def _pod_specs(tree: object) -> Iterator[Mapping[str, Any]]:
    """Every pod's spec inside a trial's template, whatever its kind (a Job has one, a PyTorchJob two)."""
    if isinstance(tree, list):
        for each in tree:
            yield from _pod_specs(each)
    elif isinstance(tree, dict):
        if isinstance(tree.get("containers"), list):
            yield tree
        for each in tree.values():
            yield from _pod_specs(each)


def _referred(pod: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    if account := pod.get("serviceAccountName"):
        yield SERVICE_ACCOUNTS, account
    for volume in pod.get("volumes") or ():
        yield from _of_volume(volume)
    for container in (*(pod.get("containers") or ()), *(pod.get("initContainers") or ())):
        yield from _of_container(container)


def _of_volume(volume: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    sources = (
        ("secret", SECRETS, "secretName"),
        ("configMap", CONFIG_MAPS, "name"),
        ("persistentVolumeClaim", CLAIMS, "claimName"),
    )
    for field, kind, key in sources:
        source = volume.get(field) or {}
        if source.get(key) and not source.get("optional"):
            yield kind, source[key]


def _of_container(container: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    whole = container.get("envFrom") or ()
    single = [variable.get("valueFrom") or {} for variable in container.get("env") or ()]
    wanted = [(source, ("secretRef", "configMapRef")) for source in whole]
    wanted += [(source, ("secretKeyRef", "configMapKeyRef")) for source in single]
    for source, keys in wanted:
        for key, kind in zip(keys, (SECRETS, CONFIG_MAPS), strict=True):
            reference = source.get(key) or {}
            if reference.get("name") and not reference.get("optional"):
                yield kind, reference["name"]

# SPDX-License-Identifier: Apache-2.0
"""What a trial's pods cannot start without: the objects that its template names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.engines.katib.kinds import CLAIMS, CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, Kind
from kfp_katib.experiment.rules.view import items, part


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
    account = pod.get("serviceAccountName")
    if account and isinstance(account, str):
        yield SERVICE_ACCOUNTS, account
    for volume in items(pod, "volumes"):
        yield from _of_volume(volume)
    for container in (*items(pod, "containers"), *items(pod, "initContainers")):
        yield from _of_container(container)


def _of_volume(volume: object) -> Iterator[tuple[Kind, str]]:
    yield from _named(part(volume, "secret"), SECRETS, "secretName")
    yield from _named(part(volume, "configMap"), CONFIG_MAPS)
    yield from _named(part(volume, "persistentVolumeClaim"), CLAIMS, "claimName")


def _of_container(container: object) -> Iterator[tuple[Kind, str]]:
    for source in items(container, "envFrom"):
        yield from _named(part(source, "secretRef"), SECRETS)
        yield from _named(part(source, "configMapRef"), CONFIG_MAPS)
    for variable in items(container, "env"):
        yield from _named(part(variable, "valueFrom", "secretKeyRef"), SECRETS)
        yield from _named(part(variable, "valueFrom", "configMapKeyRef"), CONFIG_MAPS)


def _named(source: Mapping[str, Any], kind: Kind, key: str = "name") -> Iterator[tuple[Kind, str]]:
    """What a source names, unless a pod starts without it; in other kinds of trial it may be of any type."""
    name = source.get(key)
    if name and isinstance(name, str) and not source.get("optional"):
        yield kind, name

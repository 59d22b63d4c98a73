# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes refuses of an Experiment or a trial: labels, amounts, volumes.

Katib's webhook accepts it, then silently no trial ever starts. Follows Kubernetes' own validation;
`tests/engines/katib/live` checks every case against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kfp_katib.experiment.conversion import QUANTITY
from kfp_katib.experiment.parts import OURS
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import Part, every_container, part, texts
from kfp_katib.experiment.rules.rule import again, rule
from kfp_katib.experiment.rules.view import TRIAL_SPEC, View

_WORD = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"(?=.{1,253}/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?/")
_LABEL_FIX = "Use at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends."
_OWN_RESOURCES = re.compile(r"cpu|memory|ephemeral-storage|hugepages-.+")
_UNITS = {"": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


@rule("label-reserved")
def label_reserved(view: View) -> Iterator[Finding]:
    """The manifest itself says which pipeline run it belongs to: that run would adopt it, or end it."""
    for field in ("labels", "annotations"):
        for name, value in part(view.metadata, field).items():
            if name.startswith(OURS):
                message = f"'{name}' is '{value}'; whose an Experiment is, is written when it starts."
                fix = "Take it out; a manifest that was read from a cluster carries such."
                yield Finding(f"metadata.{field}.{name}", message, fix, value)


@rule("label-invalid")
def label_invalid(view: View) -> Iterator[Finding]:
    """A label of the Experiment is none to Kubernetes, which then refuses the Experiment."""
    yield from _bad_labels("metadata.labels", part(view.metadata, "labels"))


@rule("trial-label-invalid")
def trial_label_invalid(view: View) -> Iterator[Finding]:
    """A label of the template is none to Kubernetes: the Job of every trial is refused."""
    for path, metadata in _metadata(view):
        yield from _bad_labels(f"{path}.labels", part(metadata, "labels"))


@rule("annotation-invalid")
def annotation_invalid(view: View) -> Iterator[Finding]:
    """An annotation's name, or a node's label, is none to Kubernetes: the Job of every trial is refused."""
    for path, metadata in _metadata(view):
        for key in part(metadata, "annotations"):
            if not _is_key(key.lower()) and "${" not in key:
                message = f"The annotation is '{key[:80]}'."
                yield Finding(f"{path}.annotations.{key}", message, _LABEL_FIX, key)
    for path, pod in view.pods:
        yield from _bad_labels(f"{path}.spec.nodeSelector", part(pod, "spec", "nodeSelector"))


@rule("mount-without-volume", severity="warning", engine="katib")
def mount_without_volume(view: View) -> Iterator[Finding]:
    """A container mounts a volume that the pod does not have; unless `trial_pod` adds it, no trial starts."""
    for path, pod in view.pods:
        volumes = {name for _, name in texts(pod, "spec.volumes[].name")}
        for where, container in every_container(path, pod):
            for at, name in texts(container, "volumeMounts[].name", f"{where}."):
                if name and name not in volumes:
                    yield Finding(at, f"There is no volume '{name}'.", "Add it under volumes.", name)


@rule("mount-path-repeated")
def mount_path_repeated(view: View) -> Iterator[Finding]:
    """Two volumes are mounted at one path: Kubernetes refuses the Job of every trial."""
    for path, container in view.all_containers:
        for where, at in again(texts(container, "volumeMounts[].mountPath", f"{path}.")):
            yield Finding(where, f"Something is mounted at '{at}' already.", "Choose another path.", at)


@rule("volume-repeated")
def volume_repeated(view: View) -> Iterator[Finding]:
    """Two volumes of one pod have the same name: Kubernetes refuses the Job of every trial."""
    for path, pod in view.pods:
        for where, name in again(texts(pod, "spec.volumes[].name", f"{path}.")):
            yield Finding(where, f"The volume's name '{name}' is taken.", "Rename one of the two.", name)


@rule("resource-unknown")
def resource_unknown(view: View) -> Iterator[Finding]:
    """Kubernetes has no such resource, or a device lacks its domain: the Job of every trial is refused."""
    for path, name, _, _ in _resources(view, "limits", "requests"):
        if "/" not in name and not _OWN_RESOURCES.fullmatch(name):
            fix = "Write cpu, memory, ephemeral-storage, or a device such as nvidia.com/gpu."
            yield Finding(path, f"The resource is '{name}'.", fix, name)


@rule("resource-amount-invalid")
def resource_amount_invalid(view: View) -> Iterator[Finding]:
    """An amount is negative, or of a device not whole: the Job of every trial is refused."""
    for path, name, value, _ in _resources(view, "limits", "requests"):
        amount, device = _amount(value), "/" in name
        negative = str(value).strip().startswith("-") and amount != 0
        if amount is not None and (negative or (device and amount % 1)):
            fix = "Write a whole number." if device else "Write a positive amount."
            yield Finding(path, f"It asks for {value}.", fix, value)


@rule("request-above-limit")
def request_above_limit(view: View) -> Iterator[Finding]:
    """A container asks for more than its limit: the Job of every trial is refused."""
    for path, name, value, limit in _resources(view, "requests"):
        asked, most = _amount(value), _amount(limit)
        if "/" not in name and asked is not None and most is not None and asked > most:
            message = f"It asks for {name} {value}, its limit is {limit}."
            yield Finding(path, message, "Raise the limit.", value)


@rule("device-without-limit")
def device_without_limit(view: View) -> Iterator[Finding]:
    """A device is asked for without the same limit: the Job of every trial is refused."""
    for path, name, value, limit in _resources(view, "requests"):
        if "/" in name and _amount(value) != _amount(limit):
            message = f"It asks for {name} {value}, its limit is {'missing' if limit is None else limit}."
            yield Finding(path, message, "Set limits, not requests.", value)


def _metadata(view: View) -> list[tuple[str, Part]]:
    """The metadata of the template and of its pods."""
    owners = [(TRIAL_SPEC, view.trial_spec), *view.pods]
    return [(f"{path}.metadata", part(owner, "metadata")) for path, owner in owners]


def _bad_labels(path: str, labels: Part) -> Iterator[Finding]:
    """Labels that Kubernetes refuses."""
    for key, value in labels.items():
        if not _is_label(key, value):
            yield Finding(f"{path}.{key}", f"The label is '{key}: {value}'.", _LABEL_FIX, value)


def _is_label(key: str, value: object) -> bool:
    """Whether Kubernetes accepts the label; one with a placeholder may still become valid."""
    return "${" in f"{key}{value}" or (_is_key(key) and bool(value == "" or _WORD.fullmatch(str(value))))


def _is_key(key: str) -> bool:
    prefix = _PREFIX.match(key)
    return bool(_WORD.fullmatch(key[prefix.end() :] if prefix else key))


def _resources(view: View, *fields: str) -> Iterator[tuple[str, str, Any, Any]]:
    """Path, name and amount of each resource in these fields, with its limit."""
    for path, container in view.containers:
        limits = part(container, "resources", "limits")
        for field in fields:
            for name, value in part(container, "resources", field).items():
                yield f"{path}.resources.{field}.{name}", name, value, limits.get(name)


def _amount(quantity: Any) -> Decimal | None:
    """A quantity as a number, None if it is not one."""
    match = QUANTITY.fullmatch(str(quantity).strip(" "))
    if not match or isinstance(quantity, bool):
        return None
    number, unit = Decimal(match["number"]), str(match["unit"])
    if unit.endswith("i"):
        return number * Decimal(1024) ** (1 + "KMGTPE".index(unit[0]))
    return number.scaleb(_UNITS[unit] if unit in _UNITS else int(unit[1:]))

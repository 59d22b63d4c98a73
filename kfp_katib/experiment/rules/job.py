# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes refuses of a trial: Katib's webhook lets it pass, then no trial ever starts, in silence.

After Kubernetes' own validation of names, labels and resources; `tests/engines/katib/live` asks it
about every case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from kfp_katib.experiment.conversion import QUANTITY
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.mounts import containers_of, mounts_of
from kfp_katib.experiment.rules.repeats import again
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import TRIAL_SPEC, View, items, part

_WORD = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"(?=.{1,253}/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?/")
_CONTAINER = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_OWN_RESOURCES = re.compile(r"cpu|memory|ephemeral-storage|hugepages-.+")
_UNITS = {"": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


@rule("label-invalid")
def label_invalid(view: View) -> Iterator[Finding]:
    """A label of the Experiment is none to Kubernetes, which then refuses the Experiment."""
    yield from _bad_labels("metadata", view.metadata)


@rule("trial-label-invalid")
def trial_label_invalid(view: View) -> Iterator[Finding]:
    """A label of the template is none to Kubernetes: the Job of every trial is refused."""
    yield from _bad_labels(f"{TRIAL_SPEC}.metadata", part(view.trial_spec, "metadata"))
    for path, pod in view.pods:
        yield from _bad_labels(f"{path}.metadata", part(pod, "metadata"))


@rule("container-name-invalid")
def container_name_invalid(view: View) -> Iterator[Finding]:
    """A container's name is not a Kubernetes name: the Job of every trial is refused."""
    for path, container in view.containers:
        name = str(container.get("name", ""))
        if name and not _CONTAINER.fullmatch(name):
            fix = "Use at most 63 lower-case letters, digits and '-', a letter or digit at both ends."
            yield Finding(f"{path}.name", f"The container's name is '{name}'.", fix, name)


@rule("container-name-repeated")
def container_name_repeated(view: View) -> Iterator[Finding]:
    """Two containers of one pod have the same name: the Job of every trial is refused."""
    for path, pod in view.pods:
        listed = [
            (f"{path}.spec.{field}[{i}].name", name)
            for field in ("initContainers", "containers")
            for i, container in enumerate(items(part(pod, "spec"), field))
            if isinstance(container, Mapping) and isinstance(name := container.get("name"), str)
        ]
        for where, name in again(listed):
            yield Finding(where, f"The container's name '{name}' is taken.", "Rename one of the two.", name)


@rule("mount-without-volume", severity="warning")
def mount_without_volume(view: View) -> Iterator[Finding]:
    """A container mounts a volume that the pod does not have; unless `trial_pod` adds it, no trial starts."""
    for path, pod in view.pods:
        spec = part(pod, "spec")
        volumes = [volume.get("name") for volume in items(spec, "volumes") if isinstance(volume, Mapping)]
        for where, container in containers_of(path, pod):
            for at, name, _ in mounts_of(where, container):
                if name and name not in volumes:
                    yield Finding(
                        f"{at}.name", f"There is no volume '{name}'.", "Add it under volumes.", name
                    )


@rule("resource-amount-invalid")
def resource_amount_invalid(view: View) -> Iterator[Finding]:
    """An amount is negative, or of a device not whole: the Job of every trial is refused."""
    for path, container in view.containers:
        for field in ("limits", "requests"):
            for name, value in part(container, "resources", field).items():
                amount = _amount(value)
                negative = str(value).strip().startswith("-") and amount != 0
                if amount is not None and (negative or ("/" in name and amount % 1)):
                    fix = "Write a whole number." if "/" in name else "Write a positive amount."
                    yield Finding(f"{path}.resources.{field}.{name}", f"It asks for {value}.", fix, value)


@rule("annotation-invalid")
def annotation_invalid(view: View) -> Iterator[Finding]:
    """An annotation's name, or a node's label, is none to Kubernetes: the Job of every trial is refused."""
    metadata = [(f"{TRIAL_SPEC}.metadata", part(view.trial_spec, "metadata"))]
    metadata += [(f"{path}.metadata", part(pod, "metadata")) for path, pod in view.pods]
    for path, found in metadata:
        for key in part(found, "annotations"):
            if not _is_key(key.lower()) and "${" not in key:
                yield Finding(
                    f"{path}.annotations.{key}", f"The annotation is '{key[:80]}'.", _LABEL_MEND, key
                )
    for path, pod in view.pods:
        for key, value in part(pod, "spec", "nodeSelector").items():
            if not _is_label(key, value):
                where = f"{path}.spec.nodeSelector.{key}"
                yield Finding(where, f"The label is '{key}: {value}'.", _LABEL_MEND, value)


@rule("resource-unknown")
def resource_unknown(view: View) -> Iterator[Finding]:
    """Kubernetes has no such resource, or a device lacks its domain: the Job of every trial is refused."""
    for path, container in view.containers:
        for field in ("limits", "requests"):
            for name in part(container, "resources", field):
                if "/" not in name and not _OWN_RESOURCES.fullmatch(name):
                    fix = "Write cpu, memory, ephemeral-storage, or a device such as nvidia.com/gpu."
                    yield Finding(f"{path}.resources.{field}.{name}", f"The resource is '{name}'.", fix, name)


@rule("request-above-limit")
def request_above_limit(view: View) -> Iterator[Finding]:
    """A container asks for more than its limit: the Job of every trial is refused."""
    for path, container in view.containers:
        limits = part(container, "resources", "limits")
        for name, value in part(container, "resources", "requests").items():
            asked, most = _amount(value), _amount(limits.get(name))
            if "/" not in name and asked is not None and most is not None and asked > most:
                message = f"It asks for {name} {value}, its limit is {limits[name]}."
                yield Finding(f"{path}.resources.requests.{name}", message, "Raise the limit.", value)


@rule("device-without-limit")
def device_without_limit(view: View) -> Iterator[Finding]:
    """A device is asked for without the same limit: the Job of every trial is refused."""
    for path, container in view.containers:
        limits = part(container, "resources", "limits")
        for name, value in part(container, "resources", "requests").items():
            if "/" in name and _amount(value) != _amount(limits.get(name)):
                message = f"It asks for {name} {value}, its limit is {limits.get(name, 'missing')}."
                yield Finding(
                    f"{path}.resources.requests.{name}", message, "Set limits, not requests.", value
                )


def _bad_labels(path: str, metadata: Mapping[str, Any]) -> Iterator[Finding]:
    """Labels that Kubernetes refuses."""
    for key, value in part(metadata, "labels").items():
        if not _is_label(key, value):
            yield Finding(f"{path}.labels.{key}", f"The label is '{key}: {value}'.", _LABEL_MEND, value)


_LABEL_MEND = "Use at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends."


def _is_label(key: str, value: object) -> bool:
    """Whether Kubernetes takes the label; a placeholder may still become a good one."""
    return "${" in f"{key}{value}" or (_is_key(key) and bool(value == "" or _WORD.fullmatch(str(value))))


def _is_key(key: str) -> bool:
    prefix = _PREFIX.match(key)
    return bool(_WORD.fullmatch(key[prefix.end() :] if prefix else key))


def _amount(quantity: Any) -> Decimal | None:
    """A quantity as a number, None where there is none."""
    match = QUANTITY.fullmatch(str(quantity).strip(" "))
    if not match or isinstance(quantity, bool):
        return None
    number, unit = Decimal(match["number"]), str(match["unit"])
    if unit.endswith("i"):
        return number * Decimal(1024) ** (1 + "KMGTPE".index(unit[0]))
    return number.scaleb(_UNITS[unit] if unit in _UNITS else int(unit[1:]))

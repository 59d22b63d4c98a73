# SPDX-License-Identifier: Apache-2.0
"""The containers of a pod template, and what each mounts where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.experiment.rules.view import items, part


def containers_of(path: str, pod: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Init containers and containers, with their paths."""
    for field in ("initContainers", "containers"):
        for i, container in enumerate(items(part(pod, "spec"), field)):
            if isinstance(container, Mapping):
                yield f"{path}.spec.{field}[{i}]", container


def mounts_of(path: str, container: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each mount's path in the manifest, its volume and where it is mounted."""
    for i, mount in enumerate(items(container, "volumeMounts")):
        name, at = (mount.get("name"), mount.get("mountPath")) if isinstance(mount, Mapping) else (None, None)
        if isinstance(name, str) and isinstance(at, str):
            yield f"{path}.volumeMounts[{i}]", name, at

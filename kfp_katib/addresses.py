# SPDX-License-Identifier: Apache-2.0
"""Addresses of data and models: a path of this machine, or a URI of an object store."""

from __future__ import annotations

from pathlib import Path


def is_uri(address: str) -> bool:
    """Whether the address is a URI rather than a path."""
    return "://" in address


def absolute(address: str) -> str:
    """A path made absolute, since trials may run in a folder of their own; a URI, and nothing, as it is."""
    return address if is_uri(address) or not address else str(Path(address).absolute())


def as_s3(address: str) -> str:
    """`minio://`, as Kubeflow Pipelines calls its store, by the name that everybody else gives it."""
    return address.replace("minio://", "s3://", 1) if address.startswith("minio://") else address

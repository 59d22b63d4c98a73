# SPDX-License-Identifier: Apache-2.0
"""A bucket's address, and the path under which a trial's container on Vertex AI sees the same place.

Vertex AI mounts every bucket of Google Cloud Storage that the trial's service account may read as a folder of
`/gcs`, by Cloud Storage FUSE (https://cloud.google.com/vertex-ai/docs/training/cloud-storage-file-system).
"""

from __future__ import annotations

import os
import re
from pathlib import PurePath

from kfp_katib.errors import InputError

MOUNT = "/gcs"
"""Where Vertex AI mounts the buckets; the variable `KFP_KATIB_GCS_MOUNT` names another folder."""

_SCHEME = "gs://"
_BUCKET = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


def mount() -> str:
    """Where the buckets are mounted here."""
    return os.environ.get("KFP_KATIB_GCS_MOUNT", "").rstrip("/") or MOUNT


def mounted(uri: str) -> str:
    """The path of an address in a trial's container: `gs://b/x` is `/gcs/b/x`; such a path stays.

    Raises:
        InputError: It is neither, or leads out of its bucket.
    """
    return f"{mount()}/{_in_bucket(uri)}"


def bucket_uri(path: str | PurePath) -> str:
    """The address of a path in a trial's container: `/gcs/b/x` is `gs://b/x`; such an address stays.

    Raises:
        InputError: It is neither, or leads out of its bucket.
    """
    return f"{_SCHEME}{_in_bucket(str(path))}"


def _in_bucket(place: str) -> str:
    """A place as `bucket/folder`."""
    prefix = _SCHEME if place.startswith(_SCHEME) else f"{mount()}/"
    inside = place.removeprefix(prefix).rstrip("/")
    bucket, *folders = inside.split("/")
    if place.startswith(prefix) and _BUCKET.fullmatch(bucket) and not {"", ".", ".."}.intersection(folders):
        return inside
    raise InputError(
        f"{place!r} is no place in Google Cloud Storage. Give gs://bucket/folder, or a path below {mount()}."
    )

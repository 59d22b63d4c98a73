# SPDX-License-Identifier: Apache-2.0
"""What a trial sees of Cloud Storage: each bucket as a folder, which on Vertex AI gcsfuse mounts below /gcs.

https://cloud.google.com/vertex-ai/docs/training/cloud-storage-file-system
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

MOUNT = "KFP_KATIB_GCS_MOUNT"
"""The variable that tells kfp_katib to look for a bucket elsewhere than below /gcs."""


@dataclass
class Bucket:
    """A folder that holds a bucket's objects as files, and follows a server where there is one.

    Attributes:
        mount: What stands for /gcs.
        uri: The bucket, `gs://...`, on the server that the environment names; empty where there is none.
    """

    mount: Path
    uri: str = ""
    _known: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def folder(self) -> Path:
        """The bucket's own folder."""
        return self.mount / self.uri.removeprefix("gs://")

    def before_trial(self) -> None:
        """Bring objects that are not here."""
        if not self.uri:
            return
        with self._lock:
            store = _store()
            for key in store.find(self.uri):
                file = self.mount / key
                if not file.exists():
                    file.parent.mkdir(parents=True, exist_ok=True)
                    store.get_file(f"gs://{key}", str(file))
                    self._known[key] = _version(file)

    def after_trial(self) -> None:
        """Write to the server what is new or has changed, and delete there what is gone."""
        if not self.uri:
            return
        with self._lock:
            store = _store()
            there = {file.relative_to(self.mount).as_posix(): file for file in self.folder.rglob("*")}
            for key, file in sorted(there.items()):
                with suppress(FileNotFoundError, IsADirectoryError):  # another trial has just renamed it
                    version = _version(file)
                    if self._known.get(key) != version:
                        store.pipe_file(f"gs://{key}", file.read_bytes())
                        self._known[key] = version
            for key in self._known.keys() - there.keys():
                del self._known[key]
                with suppress(FileNotFoundError):
                    store.rm_file(f"gs://{key}")


def _version(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size


def _store() -> Any:
    import fsspec  # here, since most of this package's tests need no server

    store = fsspec.filesystem("gs")
    store.invalidate_cache()
    return store

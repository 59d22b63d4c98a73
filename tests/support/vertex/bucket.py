# SPDX-License-Identifier: Apache-2.0
"""What a trial sees of Cloud Storage: each bucket as a folder, which on Vertex AI gcsfuse mounts below /gcs.

https://cloud.google.com/vertex-ai/docs/training/cloud-storage-file-system
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from kfp_katib.storage.places import files_below, place

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
            bucket = place(self.uri)
            for name in files_below(bucket):
                file = self.folder / name
                if not file.exists():
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes((bucket / name).read())
                    self._known[name] = _version(file)

    def after_trial(self) -> None:
        """Write to the server what is new or has changed, and delete there what is gone."""
        if not self.uri:
            return
        with self._lock:
            bucket = place(self.uri)
            there = {file.relative_to(self.folder).as_posix(): file for file in self.folder.rglob("*")}
            for name, file in sorted(there.items()):
                with suppress(FileNotFoundError, IsADirectoryError):  # another trial has just renamed it
                    content, version = file.read_bytes(), _version(file)
                    if self._known.get(name) != version:
                        (bucket / name).write(content)
                        self._known[name] = version
            for name in self._known.keys() - there.keys():
                del self._known[name]
                with suppress(FileNotFoundError):
                    bucket.store.rm_file((bucket / name).uri)


def _version(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size

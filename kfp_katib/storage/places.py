# SPDX-License-Identifier: Apache-2.0
"""Where models are: a plain folder, or a prefix of an object store that fsspec reaches.

Plain folders are read and written by the operating system's own calls, which is faster and lets us refuse
symbolic links; everything else goes through fsspec. Most of its calls (`rm`, `mv`, `copy`, `get`, `put`,
`cat`, `glob`, `expand_path`) read `*`, `?` and `[` as a pattern, so that deleting `m[1]` deletes `m1`. So
here and in object_store.py we use only those that take a name literally: `open`, `info`, `isfile`, `find`,
`ls` and the `..._file` ones. In S3 even they fail at a double slash; there we list with its own calls.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kfp_katib.errors import NoCheckpoint
from kfp_katib.storage.addresses import is_uri, stored
from kfp_katib.storage.stores import file_system, installed

_BLOCK = 8 << 20  # bytes of one request to an object store


@dataclass(frozen=True, slots=True)
class Place:
    """One folder or file: `path` where it is plain, else `uri` within fsspec's `store`."""

    uri: str
    path: Path | None
    store: Any = None

    def __str__(self) -> str:
        return self.uri

    def __truediv__(self, name: str) -> Place:
        uri = f"{self.uri.rstrip('/')}/{name}"
        return Place(uri, self.path / name if self.path else None, self.store)

    @property
    def parent(self) -> Place:
        """The folder that this lies in."""
        return Place(self.uri.rpartition("/")[0], self.path.parent if self.path else None, self.store)

    @property
    def name(self) -> str:
        """The last part of its address."""
        return self.uri.rpartition("/")[2]

    def is_file(self) -> bool:
        """Whether this is one file (a link to one included) rather than a folder."""
        return self.path.is_file() if self.path else bool(self.store.isfile(self.uri))

    def read(self, at_most: int = -1) -> bytes:
        """The content of a small file, as of one moment.

        Args:
            at_most: How many bytes it may have; -1 for no limit.

        Raises:
            NoCheckpoint: It has more.
        """
        if 0 <= at_most < self.size():
            raise NoCheckpoint(f"{self.uri} has more than {at_most} bytes.")
        if not self.path:
            content: bytes = self.store.cat_file(self.uri)
            return content
        with self.reader() as file:
            return file.read(at_most)

    def write(self, content: bytes) -> None:
        """Write a small file; on an object store it appears whole or not at all."""
        if self.path:
            self.path.write_bytes(content)
        else:
            self.store.pipe_file(self.uri, content)

    def size(self) -> int:
        """The size of a regular file in bytes. A symbolic link, a folder or a device is refused."""
        if self.path:
            return self._regular(self.path.lstat())
        found = self.store.info(self.uri)
        if found["type"] != "file":
            raise FileNotFoundError(errno.ENOENT, "it is a folder", self.uri)
        return int(found["size"])

    def reader(self) -> IO[bytes]:
        """The file, opened for reading; in a plain folder never through a link, and never a pipe."""
        if self.path:
            self._regular(self.path.lstat())  # opening a device may already do something
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            opened = os.fdopen(handle, "rb")
            self._regular(os.fstat(handle))
            return opened
        file: IO[bytes] = self.store.open(self.uri, "rb", block_size=_BLOCK, cache_type="readahead")
        return file

    def writer(self) -> IO[bytes]:
        """The file, opened for writing; in a plain folder it must not be there yet."""
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("x+b")
        file: IO[bytes] = self.store.open(self.uri, "wb", block_size=_BLOCK)
        return file

    def _regular(self, found: os.stat_result) -> int:
        if not stat.S_ISREG(found.st_mode):
            raise NoCheckpoint(f"{self.uri} is not a regular file (symbolic links are not followed).")
        return found.st_size


def place(uri: str | Path, endpoint_url: str = "", *, what: str = "a folder") -> Place:
    """The place that a URI names.

    Args:
        uri: A path, `file://`, `s3://`, `gs://` or `abfs://`; `minio://`, as Kubeflow Pipelines writes it,
            is `s3://`.
        endpoint_url: The address of an S3 server other than Amazon's. Credentials, and the address where
            this is empty, come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` and so on).
            Google's are its Application Default Credentials.
        what: What the place is for, used in messages.

    Raises:
        InputError: The URI is empty or malformed, or its scheme is unknown or cannot hold files.
        StorageError: The scheme needs a package that is not installed, or Google's credentials are missing.
    """
    text = stored(str(uri), what)
    if not is_uri(text):
        return Place(text, Path(text))
    return Place(text, None, file_system(text.partition("://")[0], endpoint_url))


def check(uri: str | Path, what: str) -> None:
    """Refuse, before anything runs, what could not be a place: its store is not asked.

    Raises:
        InputError: As `place`.
        StorageError: The scheme needs a package that is not installed.
    """
    text = stored(str(uri), what)
    if is_uri(text):
        installed(text.partition("://")[0])


def files_below(folder: Place) -> set[str]:
    """The names of all files in a folder and its subfolders; symbolic links count as files.

    In an object store a name may end in a slash: the marker that some programs leave for a folder.
    """
    if folder.path:
        return set(_below(folder.path)) if folder.path.is_dir() else set()
    if is_s3(folder):
        return set(s3_listing(folder)[0])
    root = f"{folder.store._strip_protocol(folder.uri)}/"
    found = folder.store.find(folder.uri)
    return {name.removeprefix(root) for name in found if name.startswith(root) and name != root}


def _below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder, onerror=_stop):
        here = Path(parent)
        links = [name for name in folders if (here / name).is_symlink()]
        yield from ((here / name).relative_to(folder).as_posix() for name in (*files, *links))


def _stop(err: OSError) -> None:
    raise err


def is_s3(place: Place) -> bool:
    """Whether the store has the calls of S3."""
    return hasattr(place.store, "call_s3")


def s3_prefix(folder: Place) -> tuple[str, str]:
    """The bucket of a folder, and what the keys of its files begin with: empty for a whole bucket."""
    bucket, key, _ = folder.store.split_path(folder.uri)
    return bucket, f"{key}/" if key else ""


def s3_listing(folder: Place, **options: str) -> tuple[list[str], list[str]]:
    """The names of all files below a folder; with a `Delimiter` of files and folders right below it."""
    bucket, prefix = s3_prefix(folder)
    asked, more = {"Bucket": bucket, "Prefix": prefix, **options}, True
    keys: list[str] = []
    prefixes: list[str] = []
    while more:
        page = folder.store.call_s3("list_objects_v2", **asked)
        keys += [found["Key"] for found in page.get("Contents", ()) if found["Key"] != prefix]
        prefixes += [found["Prefix"].removesuffix("/") for found in page.get("CommonPrefixes", ())]
        more = page.get("IsTruncated", False)
        asked["ContinuationToken"] = page.get("NextContinuationToken")
    start = len(prefix)
    return [key[start:] for key in keys], [found[start:] for found in prefixes]

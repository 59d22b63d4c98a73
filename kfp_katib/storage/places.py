# SPDX-License-Identifier: Apache-2.0
"""Where models lie: a plain folder, or a prefix of an object store that fsspec reaches.

Plain folders are read and written by the operating system's own calls, which is faster and lets us refuse
symbolic links; everything else goes through fsspec.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from kfp_katib.addresses import as_s3
from kfp_katib.errors import InputError, NoCheckpoint, StorageError

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

    def read(self) -> bytes:
        """The whole content of a small file."""
        with self.reader() as file:
            content: bytes = file.read()
            return content

    def write(self, content: bytes) -> None:
        """Write a small file; on an object store it appears whole or not at all."""
        if self.path:
            self.path.write_bytes(content)
        else:
            self.store.pipe_file(self.uri, content)

    def size(self) -> int:
        """Bytes of a regular file. A symbolic link, a folder or a device is refused."""
        if not self.path:
            return int(self.store.info(self.uri)["size"])
        found = self.path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise NoCheckpoint(f"{self.uri} is not a regular file (symbolic links are not followed).")
        return found.st_size

    def reader(self) -> IO[bytes]:
        """The file, opened for reading; never through a symbolic link in a plain folder."""
        if self.path:
            return os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
        file: IO[bytes] = self.store.open(self.uri, "rb", block_size=_BLOCK, cache_type="readahead")
        return file

    def writer(self) -> IO[bytes]:
        """The file, opened for writing; it must not be there yet in a plain folder."""
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("x+b")
        file: IO[bytes] = self.store.open(self.uri, "wb", block_size=_BLOCK)
        return file


def place(uri: str | Path, endpoint_url: str = "") -> Place:
    """The place that a URI names.

    Args:
        uri: A path, `file://`, `s3://`, `gs://` or any other scheme that fsspec knows; `minio://`, as
            Kubeflow Pipelines writes it, is `s3://`.
        endpoint_url: The address of an S3 server other than Amazon's. Credentials, and the address where
            this is empty, come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` and so on).

    Raises:
        InputError: The URI is empty or has a scheme that nobody knows.
        StorageError: The scheme needs a package that is not installed.
    """
    text = as_s3(str(uri))
    if not text.strip():
        raise InputError("The address of a folder is empty. Give a path or a URI such as s3://bucket/models.")
    scheme, mark, rest = text.partition("://")
    if not mark:
        return _plain(Path(text))
    if scheme == "file":
        return _plain(Path(unquote(urlsplit(text).path)))
    return Place(f"{scheme}://{rest}".rstrip("/"), None, _store(scheme, endpoint_url))


def _plain(path: Path) -> Place:
    absolute = path.absolute()
    return Place(str(absolute), absolute)


def _store(scheme: str, endpoint_url: str) -> Any:
    import fsspec

    # A cached listing would show a retried step what was there before it.
    options: dict[str, object] = {"use_listings_cache": False}
    if endpoint_url and scheme == "s3":
        options["endpoint_url"] = endpoint_url
    try:
        return fsspec.filesystem(scheme, **options)
    except ImportError as err:
        extra = "kfp-katib[s3]" if scheme == "s3" else "fsspec's package for it"
        raise StorageError(
            f"{scheme}:// needs a package that is missing here ({err}). Install {extra}."
        ) from err
    except ValueError as err:
        raise InputError(
            f"Nothing here reaches {scheme}:// addresses ({err}). Use a path, s3:// or gs://."
        ) from err


@contextmanager
def trouble(doing: str, *, missing: type[StorageError] = NoCheckpoint) -> Iterator[None]:
    """Turn a store's own errors into a StorageError that says what we were doing.

    A file that is not there is a NoCheckpoint where we read a trial's model: the next best trial may have
    one. Anything else (rights, network, a full disk) is no reason to take a worse model, so it stands.
    """
    try:
        yield
    except FileNotFoundError as err:
        raise missing(f"{doing}: {err.filename or err} is not there.") from err
    except _store_errors() as err:
        reason = f"{type(err).__name__}: {err}"
        raise StorageError(f"{doing}: {reason}. Check the address, the rights and the free space.") from err


def _store_errors() -> tuple[type[BaseException], ...]:
    """What the stores raise beside OSError, of those libraries that are loaded already."""
    names = (
        ("botocore.exceptions", "BotoCoreError"),
        ("botocore.exceptions", "ClientError"),
        ("aiohttp", "ClientError"),
        ("google.auth.exceptions", "GoogleAuthError"),
    )
    kinds = [getattr(sys.modules.get(module), name, None) for module, name in names]
    return (OSError, *(kind for kind in kinds if kind is not None))

# SPDX-License-Identifier: Apache-2.0
"""Lets a training write to addresses such as ``s3://bucket/folder``; folders are used as they are.

Many of fsspec's calls (``rm``, ``mv``, ``glob``, ``get``, ``put``) read ``*``, ``?`` and ``[`` in a name as a
pattern. Only those are used here that take a name as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from training.errors import DataError

BUCKETED = ("s3", "gs")
"""Stores in which a file appears whole or not at all, and folders need not be made."""
ERRORS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("gcsfs.retry", "HttpError"),
    ("aiohttp", "ClientError"),
    ("google.auth.exceptions", "GoogleAuthError"),
)
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "root": "fsspec-xrootd", "abfs": "adlfs"}


def is_remote(address: str) -> bool:
    """Tell an address from a folder."""
    return "://" in address


def folder_of(address: str) -> Path | None:
    """Return the folder of this machine that an address means; None for one elsewhere.

    Raises:
        DataError: It is a ``file://`` of another machine.
    """
    if not address.startswith("file://"):
        return None if is_remote(address) else Path(address)
    host, _, path = address.removeprefix("file://").partition("/")
    if host not in ("", "localhost"):
        raise DataError(f"{address}: names the machine {host!r}. Write file:///folder, or the path alone.")
    return Path("/", unquote(path))


def failures() -> tuple[type[Exception], ...]:
    """What folders and stores raise: without server or credentials, the stores' are no OSError.

    They are looked up when something was raised: whoever raised them is loaded by then.
    """
    found = (getattr(sys.modules.get(module), name, None) for module, name in ERRORS)
    return (OSError, *(kind for kind in found if kind))


def filesystem(address: str) -> tuple[Any, str]:
    """Return fsspec's file system of an address, which remembers no listing, and the path there.

    Raises:
        DataError: No package here knows such addresses; the message names the one to install.
    """
    import fsspec

    # Read when gcsfs is first imported: by default it asks a second service by gRPC, and for up to a minute,
    # of which kind each bucket is.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    protocol = address.split("://", 1)[0]
    try:
        if protocol in BUCKETED:  # fsspec would read `::` in a name as a chain of stores
            root = address.partition("://")[2].rstrip("/")
            return fsspec.filesystem(protocol, use_listings_cache=False, **_patience(protocol)), root
        files, root = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except (ImportError, ValueError) as err:
        package = PACKAGES.get(protocol)
        mend = f"Install {package}" if package else "Use a mounted folder or s3://"
        raise DataError(f"{address}: no package here reads {protocol}:// ({err}). {mend}.") from err
    return files, root


def _patience(protocol: str) -> dict[str, object]:
    """How long a store may be silent, in seconds; gcsfs by itself waits for ever, and asks six times."""
    if protocol != "gs" or not find_spec("gcsfs"):
        return {}
    from aiohttp import ClientTimeout

    return {"requests_timeout": ClientTimeout(total=None, sock_connect=10, sock_read=30)}


def make_folder(address: str) -> tuple[Any, str]:
    """Return what `filesystem` does, with the folder made where the store has folders.

    In S3 making one would make a missing bucket, and ask for the right to.

    Raises:
        DataError: There is no such bucket.
    """
    files, root = filesystem(address)
    if address.partition("://")[0] not in BUCKETED:
        files.makedirs(root, exist_ok=True)
        return files, root
    bucket = root.partition("/")[0]
    try:
        # What gcsfs says of a bucket itself needs a right that who may read and write objects does not have.
        files.info(bucket) if address.startswith("s3") else files.ls(bucket, max_results=1)
    except FileNotFoundError as err:
        raise DataError(
            f"{address}: there is no bucket {bucket!r}. Make it, or correct the address."
        ) from err
    except PermissionError:  # who may only write below a folder may not ask for the bucket
        pass
    return files, root


def put(source: Path, address: str, name: str) -> None:
    """Put a file in the place of an earlier one: at every moment one of them is there, or its ``.part``."""
    part = f"{name}.part"
    if folder := folder_of(address):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / part)
        (folder / part).replace(folder / name)
        return
    files, root = make_folder(address)
    if address.partition("://")[0] in BUCKETED:
        files.put_file(str(source), f"{root}/{name}")
        return
    for target in (f"{root}/{part}", f"{root}/{name}"):
        if files.exists(target):
            files.rm_file(target)
        files.put_file(str(source), target)
    files.rm_file(f"{root}/{part}")


def read(address: str, name: str) -> bytes | None:
    """Return a file's content; None where there is none."""
    if folder := folder_of(address):
        return (folder / name).read_bytes() if (folder / name).is_file() else None
    files, root = filesystem(address)
    return bytes(files.cat_file(f"{root}/{name}")) if is_file(files, f"{root}/{name}") else None


def remove(address: str, name: str) -> None:
    """Delete a file; one that is not there is no error."""
    if folder := folder_of(address):
        (folder / name).unlink(missing_ok=True)
        return
    files, root = filesystem(address)
    if is_file(files, f"{root}/{name}"):
        files.rm_file(f"{root}/{name}")


def is_file(files: Any, path: str) -> bool:
    """Tell whether a file is there; fsspec's `isfile` says no as well where the store does not answer."""
    try:
        return bool(files.info(path)["type"] == "file")
    except FileNotFoundError:
        return False


@contextmanager
def delivered(address: str, *, last: str) -> Iterator[Path]:
    """Give a folder whose files go to an address once the block has ended well.

    Args:
        address: Where to.
        last: The file that declares the others: removed there at first, written there at the end.

    Raises:
        DataError: No package here knows such addresses, or there is no such bucket.
    """
    if not is_remote(address):
        yield Path(address)
        return
    files, root = make_folder(address)
    remove(address, last)
    with TemporaryDirectory() as folder:
        yield Path(folder)
        for path in sorted(Path(folder).iterdir(), key=lambda path: (path.name == last, path.name)):
            files.put_file(str(path), f"{root}/{path.name}")

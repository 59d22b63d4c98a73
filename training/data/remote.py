# SPDX-License-Identifier: Apache-2.0
"""Lets a training write to addresses such as ``s3://bucket/folder``; folders are used as they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from training.errors import DataError

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "root": "fsspec-xrootd", "abfs": "adlfs"}


def is_remote(address: str) -> bool:
    """Tell an address from a folder."""
    return "://" in address


def failures() -> tuple[type[Exception], ...]:
    """What folders and stores raise: without server or credentials, S3's are no OSError.

    They are looked up when something was raised: whoever raised them is loaded by then.
    """
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError, botocore.BotoCoreError) if botocore else (OSError,)


def filesystem(address: str) -> tuple[Any, str]:
    """Return fsspec's file system of an address, and the path there.

    Raises:
        DataError: No package here knows such addresses; the message names the one to install.
    """
    import fsspec

    protocol = address.split("://", 1)[0]
    try:
        files, root = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as err:
        package = PACKAGES.get(protocol)
        mend = f"Install {package}" if package else "Use a mounted folder or s3://"
        raise DataError(f"{address}: no package here reads {protocol}:// ({err}). {mend}.") from err
    return files, root


@contextmanager
def delivered(address: str, *, last: str) -> Iterator[Path]:
    """Give a folder whose files go to an address once the block has ended well.

    Args:
        address: Where to.
        last: The file that declares the others: removed there at first, written there at the end.

    Raises:
        DataError: No package here knows such addresses.
    """
    if not is_remote(address):
        yield Path(address)
        return
    files, root = filesystem(address)
    files.makedirs(root, exist_ok=True)
    if files.exists(f"{root}/{last}"):
        files.rm_file(f"{root}/{last}")
    with TemporaryDirectory() as folder:
        yield Path(folder)
        for path in sorted(Path(folder).iterdir(), key=lambda path: (path.name == last, path.name)):
            files.put_file(str(path), f"{root}/{path.name}")

# SPDX-License-Identifier: Apache-2.0
"""The object stores that fsspec reaches: how each is opened, and what comes out of it as an error.

None of them may keep a step waiting for ever, and none may end it with a traceback.
"""

from __future__ import annotations

import errno
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from traceback import walk_tb
from typing import Any
from urllib.parse import unquote

from kfp_katib.errors import NoCheckpoint, StorageError

_EXTRAS = {"s3": "kfp-katib[s3]", "gs": "kfp-katib[gs]"}
_STORES = {"fsspec", "s3fs", "gcsfs", "adlfs"}
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO)
_ASKED_OF_GS = re.compile(r"(?:https?://.+/)?b/([^/]+)/o(?:/([^?]+).*)?")

_BY_KIND = "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"
"""Where it is true, which is its default, gcsfs asks a second service of Google's by gRPC, and for up to a
minute, of which kind each bucket is. What we ask of a bucket is the same for all kinds but zonal ones."""

_CONNECTING = 10  # seconds until Google Cloud Storage has taken a connection
_SILENT = 30  # seconds without a byte of its answer; gcsfs asks six times, so it gives up after four minutes
_PAYS = "Set FSSPEC_GS_REQUESTER_PAYS to the name of the project that pays for reading this bucket."


def installed(scheme: str) -> Any:
    """The class of fsspec's file systems for a scheme.

    Raises:
        StorageError: It is in a package that is not installed; the message says which.
    """
    import fsspec

    try:
        if scheme == "gs" and os.environ.setdefault(_BY_KIND, "false").lower() not in ("true", "1"):
            return import_module("gcsfs.core").GCSFileSystem  # whatever an earlier import has chosen
        return fsspec.get_filesystem_class(scheme)
    except ImportError as err:
        extra = _EXTRAS.get(scheme, "fsspec's package for it")
        raise StorageError(
            f"{scheme}:// needs a package that is missing here ({err}). Install {extra}."
        ) from err


def file_system(scheme: str, endpoint_url: str = "") -> Any:
    """Open a store by its scheme. It remembers no listing: a retried step would see an old one.

    Args:
        scheme: `s3`, `gs` and so on.
        endpoint_url: The address of an S3 server other than Amazon's.

    Raises:
        StorageError: A package is not installed, or Google's credentials are missing.
    """
    kind, options = installed(scheme), {"use_listings_cache": False}
    if scheme == "gs":
        with trouble("looking for Google's credentials", missing=StorageError):
            return kind(**options, **_for_gs())
    return kind(**options, **({"endpoint_url": endpoint_url} if endpoint_url and scheme == "s3" else {}))


@contextmanager
def trouble(doing: str, *, missing: type[StorageError] = NoCheckpoint) -> Iterator[None]:
    """Turn a store's own errors into a StorageError that says what we were doing.

    A file that is not there is a NoCheckpoint when we read a trial's model: the next best trial may have
    one. So is a file on this disk that its trial made unreadable. Anything else (a store's rights, the
    network, a full disk) is no reason to take a worse model, so it stays a StorageError.
    """
    try:
        yield
    except Exception as err:
        if not is_of_a_store(err):
            raise
        if isinstance(err, OSError) and _is_not_there(err):
            raise missing(f"{doing}: {_why_not(err)}.") from err
        mend = _PAYS if "requester pays" in str(err) else "Check the address, the rights and the free space."
        raise StorageError(f"{doing}: {in_one_line(err)}. {mend}") from err


def is_of_a_store(err: Exception) -> bool:
    """Whether this is the disk's, or came out of fsspec or one of its stores, whatever its type.

    They let their libraries' errors through (botocore's, aiohttp's, Google's), and gcsfs raises a ValueError
    where the service calls a request invalid.
    """
    frames = (frame for frame, _ in walk_tb(err.__traceback__))
    modules = (str(frame.f_globals.get("__name__", "")) for frame in frames)
    return isinstance(err, OSError) or any(name.partition(".")[0] in _STORES for name in modules)


def in_one_line(err: Exception) -> str:
    """An error's type and text, without a full stop; some have no text, and some have two lines."""
    return f"{type(err).__name__}: {' '.join(str(err).split())}".rstrip(": .")


def _for_gs() -> dict[str, Any]:
    """How Google Cloud Storage is opened.

    gcsfs by itself waits without end for an answer, tries to read as nobody where it finds no credentials,
    and logs a traceback for everything that it raises. A token in fsspec's own configuration stands.
    """
    from aiohttp import ClientTimeout
    from fsspec.config import conf

    if logging.getLogger("gcsfs").level == logging.NOTSET:
        logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
    options: dict[str, Any] = {
        "requests_timeout": ClientTimeout(total=None, sock_connect=_CONNECTING, sock_read=_SILENT)
    }
    if "token" not in {**conf.get("gcs", {}), **conf.get("gs", {})}:
        options["token"] = "anon" if os.environ.get("STORAGE_EMULATOR_HOST") else "google_default"
    return options


def _why_not(err: OSError) -> str:
    if not isinstance(err, FileNotFoundError):
        return f"{err.filename or 'it'} cannot be used ({err.strerror})"
    named = err.filename or str(err)
    if asked := _ASKED_OF_GS.fullmatch(named):
        bucket, key = asked[1], asked[2]
        return f"{bucket}/{unquote(key)} is not there" if key else f"there is no bucket {bucket!r}"
    return f"{named} is not there" if "/" in named else f"it is not there ({named})"  # a store's own sentence


def _is_not_there(err: OSError) -> bool:
    if isinstance(err, FileNotFoundError) or err.errno in _NOT_THERE or type(err).__name__ == "FileExpired":
        return True  # the last is s3fs's word for a file that was replaced while it was read
    return isinstance(err, PermissionError) and err.filename is not None  # a store's refusal names no file

# SPDX-License-Identifier: Apache-2.0
"""Addresses of data and models: a path on this machine, or a URI of an object store; and names in them.

Each is read here as it comes in, so that it is spelled the same everywhere and a typo is refused before
anything runs: a search whose models go to `s3:/bucket` would otherwise fail at its end.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from kfp_katib.errors import InputError

_URI = re.compile(r"([A-Za-z][A-Za-z0-9_+.-]+):(/*)(.*)")  # two letters at least: `C:` is a drive
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*|arn:.+")
_ON_DISK = ("file", "local")
_BUCKETED = {"s3": "s3", "s3a": "s3", "s3n": "s3", "minio": "s3", "gs": "gs", "gcs": "gs"}
_STORES = ("s3", "gs", "abfs", "abfss", "az")  # those of fsspec's that need nothing but an address
_NO_STORES = {
    "ftp": "cannot replace a folder as a whole",
    "http": "can be read but not written to",
    "https": "can be read but not written to",
    "memory": "lies in one process and is gone with it",
}

_LONGEST_NAME = 253
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""A DNS subdomain after RFC 1123, which is what an object's name in Kubernetes is. It has no `/`, is never
empty, `.` or `..`, and does not start with a dot, so it names a folder right inside its root."""

_FORMS = "Use a path, s3://bucket/folder or gs://bucket/folder."


def is_uri(address: str) -> bool:
    """Whether the address is a URI rather than a path."""
    return "://" in address


def is_relative(address: str) -> bool:
    """Whether the address is a path below the current folder, which in a step disappears with it."""
    return not is_uri(address) and not address.lower().startswith(("/", *(f"{each}:" for each in _ON_DISK)))


def absolute(address: str, what: str = "the address") -> str:
    """A path made absolute, since trials may run in a folder of their own; a URI in its one spelling.

    `file://` and `local://` become paths, `minio://` and `s3a://` become `s3://`, the scheme is in lower
    case, and there is no slash at the end. An empty address stays empty.

    Args:
        address: The place.
        what: What the place is for, used in messages.

    Raises:
        InputError: It is not an address: a typo in the scheme, no bucket, a control character, outer spaces.
    """
    if not address:
        return address
    if _UNFIT.search(address):
        raise InputError(f"{what}: {address!r} holds a control character, such as a line break. {_FORMS}")
    if address != address.strip():
        raise InputError(f"{what}: {address!r} has white space around it. Remove it.")
    match = _URI.fullmatch(address)
    scheme, slashes, rest = (match[1].lower(), match[2], match[3]) if match else ("", "", "")
    if scheme in _ON_DISK:
        return _on_disk(address, what, slashes, rest)
    if scheme in _BUCKETED:
        return _in_bucket(address, what, _BUCKETED[scheme], slashes, rest)
    if len(slashes) > 1:
        return f"{scheme}:{slashes}{rest}".rstrip("/")
    if scheme in _NO_STORES:
        raise InputError(f"{what}: {address!r} lacks a slash: write {scheme}://. {_FORMS}")
    if is_uri(address):
        raise InputError(f"{what}: {address!r} has no scheme, such as s3, right before ://. {_FORMS}")
    return str(Path(address).absolute())


def stored(address: str, what: str) -> str:
    """`absolute`, for a place that is written to and read from.

    Args:
        address: The place.
        what: What the place is for, used in messages.

    Raises:
        InputError: It is empty, not an address, or has a scheme that cannot hold files.
    """
    if not address.strip():
        raise InputError(f"The address of {what} is empty. Give a path or a URI such as s3://bucket/models.")
    spelled = absolute(address, what)
    scheme = spelled.partition("://")[0] if is_uri(spelled) else ""
    if scheme and scheme not in (*_STORES, *_NO_STORES):
        raise InputError(f"{what}: {scheme}:// addresses are not supported. Use a path, s3:// or gs://.")
    if scheme in _NO_STORES:
        raise InputError(f"{what}: {address!r} {_NO_STORES[scheme]}. Use a path, s3:// or gs://.")
    if scheme and "?versionId=" in spelled:
        raise InputError(f"{what}: {address!r} is one version of an object. Leave out `?versionId=`.")
    return spelled


def within(inner: str, outer: str) -> bool:
    """Whether one place, as `stored` spells it, is or lies in another; links on this disk are followed."""
    if is_uri(inner) or is_uri(outer):
        return f"{inner}/".startswith(f"{outer}/")
    return Path(inner).resolve().is_relative_to(Path(outer).resolve())


def is_safe_name(name: str) -> bool:
    """Whether Kubernetes would take this as the name of an Experiment or a Trial."""
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def refuse_unsafe_name(kind: str, name: str) -> None:
    """Refuse the name of an Experiment or a Trial that could lead out of the folder it stands in.

    Raises:
        InputError: It is not a name that Kubernetes would take.
    """
    if not is_safe_name(name):
        raise InputError(
            f"The {kind}'s name {name!r} cannot be the name of its folder. Use lower-case letters, digits, "
            "`-` and `.`, as Kubernetes does."
        )


def _on_disk(address: str, what: str, slashes: str, rest: str) -> str:
    """The path of a `file:` address, which may name this machine and no other."""
    host, _, path = rest.partition("/") if len(slashes) == 2 else ("", "", rest)
    path = unquote(path)
    if not slashes or host not in ("", "localhost") or not path or _UNFIT.search(path):
        raise InputError(f"{what}: {address!r} names no folder of this machine. Write file:///folder.")
    return str(Path("/", path))


def _in_bucket(address: str, what: str, scheme: str, slashes: str, rest: str) -> str:
    if len(slashes) != 2 or not _BUCKET.fullmatch(rest.partition("/")[0]):
        raise InputError(
            f"{what}: {address!r} names no bucket: write {scheme}://bucket/folder, with two slashes and "
            "a bucket of letters, digits, `-` and `.`."
        )
    return f"{scheme}://{rest.rstrip('/')}"

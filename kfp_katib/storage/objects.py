# SPDX-License-Identifier: Apache-2.0
"""The files below a place, and their deletion in an object store: by exact name, never by pattern.

Most of fsspec's calls (`rm`, `mv`, `copy`, `get`, `put`, `cat`, `glob`, `expand_path`) read `*`, `?` and `[`
as a pattern, so that deleting `m[1]` deletes `m1`. Used here and in places.py are only those that take a
name as it is: `open`, `info`, `isfile`, `find` and the `..._file` ones. In S3 even they err at a double slash
and keep silent about what could not be deleted, so there we ask by the service's own calls.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kfp_katib.errors import StorageError
from kfp_katib.storage.places import Place

_AT_ONCE = 1000  # keys that S3 deletes by one request
_NOT_IN_XML = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")


def files_below(folder: Place) -> set[str]:
    """The names of all files in a folder, those of its folders included; symbolic links count as files.

    In an object store a name may end in a slash: the marker that some programs leave for a folder.
    """
    if folder.path:
        return set(_below(folder.path)) if folder.path.is_dir() else set()
    if _is_s3(folder.store):
        return {name for page in _pages(folder) for name in _keys(page, folder)}
    root = f"{folder.store._strip_protocol(folder.uri)}/"
    found = folder.store.find(folder.uri)
    return {name.removeprefix(root) for name in found if name.startswith(root)}


def folders_and_files(folder: Place) -> list[tuple[str, bool]]:
    """The names right below a prefix of an object store, each with whether it is a folder."""
    if _is_s3(folder.store):
        start = len(_key(folder))
        pages = list(_pages(folder, Delimiter="/"))
        prefixes = [found["Prefix"][start:-1] for page in pages for found in page.get("CommonPrefixes", ())]
        files = [name for page in pages for name in _keys(page, folder)]
        return [(name, True) for name in prefixes] + [(name, False) for name in files]
    entries = folder.store.ls(folder.uri, detail=True)
    return [(entry["name"].rstrip("/").rpartition("/")[2], entry["type"] == "directory") for entry in entries]


def delete(folder: Place, names: Iterable[str]) -> None:
    """Delete files of a prefix of an object store; one that is gone already is no error.

    Raises:
        StorageError: Some could not be deleted; all others are.
    """
    wanted = sorted(names)
    if not wanted:
        return
    work = _delete_in_s3 if _is_s3(folder.store) else _delete_one_by_one
    failures = work(folder, wanted)
    if failures:
        raise StorageError(
            f"{len(failures)} of {len(wanted)} files in {folder} could not be deleted, the first because of "
            f"{failures[0]}. Delete them by hand, or give this step the right to."
        )


def _below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder, onerror=_stop):
        here = Path(parent)
        links = [name for name in folders if (here / name).is_symlink()]
        yield from ((here / name).relative_to(folder).as_posix() for name in (*files, *links))


def _stop(err: OSError) -> None:
    raise err


def _is_s3(store: Any) -> bool:
    return hasattr(store, "call_s3")


def _key(folder: Place) -> str:
    """What the keys of a folder's files begin with; empty for a whole bucket."""
    key: str = folder.store.split_path(folder.uri)[1]
    return f"{key}/" if key else ""


def _bucket(folder: Place) -> str:
    bucket: str = folder.store.split_path(folder.uri)[0]
    return bucket


def _pages(folder: Place, **options: str) -> Iterator[Mapping[str, Any]]:
    asked = {"Bucket": _bucket(folder), "Prefix": _key(folder), **options}
    while True:
        page = folder.store.call_s3("list_objects_v2", **asked)
        yield page
        if not page.get("IsTruncated"):
            return
        asked["ContinuationToken"] = page["NextContinuationToken"]


def _keys(page: Mapping[str, Any], folder: Place) -> Iterator[str]:
    start = _key(folder)
    names = (found["Key"].removeprefix(start) for found in page.get("Contents", ()))
    return (name for name in names if name)


def _delete_in_s3(folder: Place, names: list[str]) -> list[str]:
    start, call, bucket = _key(folder), folder.store.call_s3, _bucket(folder)
    failures: list[str] = []
    alone = [name for name in names if _NOT_IN_XML.search(name)]
    listed = [name for name in names if not _NOT_IN_XML.search(name)]
    for first in range(0, len(listed), _AT_ONCE):
        objects = [{"Key": start + name} for name in listed[first : first + _AT_ONCE]]
        answer = call("delete_objects", Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        failures += [f"{found.get('Code')}: {found.get('Key')}" for found in answer.get("Errors", ())]
    for name in alone:
        call("delete_object", Bucket=bucket, Key=start + name)
    return failures


def _delete_one_by_one(folder: Place, names: list[str]) -> list[str]:
    failures = []
    for name in names:
        try:
            folder.store.rm_file((folder / name).uri)
        except FileNotFoundError:
            continue
        except OSError as err:
            failures.append(f"{type(err).__name__}: {err}")
    return failures

# SPDX-License-Identifier: Apache-2.0
"""Prefixes of an object store, which has no rename: a model replaced by another, and folders deleted.

model.json decides what the place holds, so it is written last, and no file that it lists is touched before.
If the new model shares names with the earlier one, its files first go into a temporary folder, to which
model.json points; then to their own names, to which model.json points next. A list of possible leftovers
lies next to it until all is done.

Two processes that replace one model at once take each other's files for leftovers. So each looks for its own
before model.json names them, ends by reading everything again, and starts over if one is missing.

Files are deleted by exact name. fsspec does not report what S3 could not delete, so there we use the
service's own calls.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage.checkpoint import Disturbed, copy_files, leftovers_at, names_at, verified_at
from kfp_katib.storage.model_json import (
    MODEL_JSON,
    Checkpoint,
    list_name,
    lists_among,
    refuse_strangers,
    renamed,
)
from kfp_katib.storage.places import Place, files_below, is_s3, s3_listing, s3_prefix
from kfp_katib.storage.stores import in_one_line, is_of_a_store

_ATTEMPTS = 8
_PAUSE = 1.0  # seconds at most, and more with each attempt, so that two writers get out of step
_BESIDE = re.compile(r"\.[0-9a-f]{12}\.partial/.*")
_AT_ONCE = 1000  # keys that S3 deletes by one request
_REQUESTS = 16  # deletions under way in a store that takes one key by each
_NOT_IN_XML = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")

logger = logging.getLogger(__name__)


def replace(checkpoint: Checkpoint, source: Place, prefix: Place) -> None:
    """Copy a model to a prefix and verify it; the model that is there is replaced.

    Raises:
        StorageError: The model is not complete in the end, because others write there too, or because the
            store loses what it is sent.
    """
    mark, seen = uuid.uuid4().hex[:12], ""
    for attempt in range(_ATTEMPTS):
        time.sleep(random.uniform(0, attempt * _PAUSE))
        try:
            _replace_once(checkpoint, source, prefix, mark, again=attempt > 0)
        except Disturbed as err:
            seen = f" {err}"
            continue
        if _ended(checkpoint, prefix, mark):
            return
    raise StorageError(
        f"{prefix} is not complete after {_ATTEMPTS} attempts: others write there at the same time, or the "
        f"store loses what it is sent.{seen} Let the others finish, then try again."
    )


def tidy(prefix: Place) -> None:
    """Delete what a killed process left over; the model that the place holds stays."""
    there, ours, in_use = _looked_at(prefix)
    if left := ours & there - in_use:
        refuse_strangers(prefix, there, in_use | left)
        _clean(prefix, left)


def folders_and_files(prefix: Place) -> set[tuple[str, bool]]:
    """The names right below a prefix, each with whether it is a folder."""
    if is_s3(prefix):
        files, folders = s3_listing(prefix, Delimiter="/")
        return {(name, True) for name in folders} | {(name, False) for name in files}
    parts = (name.partition("/") for name in files_below(prefix))
    return {(first, bool(slash)) for first, slash, _ in parts}


def remove(prefix: Place, names: Iterable[str]) -> None:
    """Delete folders and their markers from a prefix; one that is gone already is not an error.

    Each one's model.json goes last, so that a folder which is not quite gone still says whose it was.

    Raises:
        StorageError: Some of their files could not be deleted; all others but those lists are.
    """
    folders = {name: files_below(prefix / name) for name in names}
    delete(
        prefix, [f"{name}/{file}" for name, files in folders.items() for file in files - {MODEL_JSON} | {""}]
    )
    delete(prefix, [f"{name}/{MODEL_JSON}" for name, files in folders.items() if MODEL_JSON in files])


def delete(prefix: Place, names: Iterable[str]) -> None:
    """Delete files from a prefix; one that is gone already is not an error.

    Raises:
        StorageError: Some could not be deleted; all others are.
    """
    wanted = sorted(names)
    if failures := (_delete_in_s3 if is_s3(prefix) else _delete_one_by_one)(prefix, wanted):
        raise StorageError(
            f"{len(failures)} of {len(wanted)} files in {prefix} could not be deleted, the first because of "
            f"{failures[0]}. Delete them by hand, or give this step the right to."
        )


def _replace_once(checkpoint: Checkpoint, source: Place, prefix: Place, mark: str, *, again: bool) -> None:
    new, list_of_ours = checkpoint.names, list_name(mark)
    if again:  # another may have deleted our list, and not what we have copied since
        _list(prefix, list_of_ours, new)
    left, in_use = _replaceable(prefix, again)
    known, copied = left | in_use | new, {list_of_ours}
    _list(prefix, list_of_ours, known)
    if in_use & new:  # first under names not used there, with model.json pointing to them
        beside = renamed(checkpoint, f".{mark}.partial")
        copy_files(checkpoint, source, prefix / f".{mark}.partial")
        copied |= beside.names
        known |= _point(prefix, beside, list_of_ours, known, copied)
    copy_files(checkpoint, source, prefix)
    known |= _point(prefix, checkpoint, list_of_ours, known, copied | new)
    _clean_up(prefix, new, known, left, list_of_ours)


def _list(prefix: Place, list_of_ours: str, names: set[str]) -> None:
    (prefix / list_of_ours).write(json.dumps(sorted(names)).encode())


def _point(prefix: Place, checkpoint: Checkpoint, ours: str, known: set[str], copied: set[str]) -> set[str]:
    """Write model.json; the names that others have written meanwhile, which stand in our list before.

    Raises:
        Disturbed: Another has taken for a leftover what we have copied, or our list.
    """
    there, more, current = _looked_at(prefix)
    _list(prefix, ours, known | more | current)
    if lost := copied - there:
        raise Disturbed(f"{min(lost)!r} was deleted by another promotion.")
    (prefix / MODEL_JSON).write(checkpoint.text.encode())
    return more | current


def _clean_up(prefix: Place, new: set[str], known: set[str], left: set[str], list_of_ours: str) -> None:
    """Delete what is no longer in use, but for what is in the list of one who has begun since."""
    there = files_below(prefix) - {list_of_ours}
    younger = lists_among(there) - left
    theirs = younger | leftovers_at(prefix, younger) | {list_of_ours}
    _clean(prefix, (known | _unfinished(prefix, there - younger)) - theirs - new)


def _ended(checkpoint: Checkpoint, prefix: Place, mark: str) -> bool:
    """Whether the prefix holds a complete model and nothing else of ours."""
    found = _whole(prefix)
    if found and found.text != checkpoint.text:
        logger.warning("%s holds another model, which was written at the same time", prefix)
        delete(prefix, checkpoint.names - found.names)
        found = _whole(prefix)
    if found and lists_among(files_below(prefix)) <= {list_name(mark)}:
        delete(prefix, [list_name(mark)])
    return found is not None


def _whole(prefix: Place) -> Checkpoint | None:
    try:
        return verified_at(prefix)
    except NoCheckpoint as err:
        logger.warning("%s Trying again.", err)
        return None


def _replaceable(prefix: Place, again: bool) -> tuple[set[str], set[str]]:
    """The names that are left over and those in use; the prefix holds nothing else.

    Raises:
        StorageError: It does, even after other writers have had time to end.
    """
    for pause in (0, _PAUSE, 2 * _PAUSE):
        time.sleep(pause)
        there, ours, in_use = _looked_at(prefix)
        if there <= ours | in_use | {MODEL_JSON} or not ours:
            break
    if again:  # nothing else was there at first, so the rest is of another, who lost its list as we did
        return there - in_use - {MODEL_JSON}, in_use
    refuse_strangers(prefix, there, ours | in_use)
    return ours, in_use


def _looked_at(prefix: Place) -> tuple[set[str], set[str], set[str]]:
    """All names there, those that unfinished processes may have made, and those that model.json lists.

    Read in this order: a process that ends meanwhile deletes its list after model.json names its files.
    """
    there = files_below(prefix)
    return there, _unfinished(prefix, there), names_at(prefix)


def _unfinished(prefix: Place, there: set[str]) -> set[str]:
    """Names that unfinished processes made or listed, those of their lists included, and folder markers."""
    named = {name for name in there if _BESIDE.fullmatch(name) or name.endswith("/")}
    return lists_among(there) | named | leftovers_at(prefix, there)


def _clean(prefix: Place, names: set[str]) -> None:
    """Delete what is no longer in use, and the lists last."""
    lists = lists_among(names)
    delete(prefix, names - lists - {MODEL_JSON})
    delete(prefix, lists)


def _delete_in_s3(prefix: Place, names: list[str]) -> list[str]:
    call, (bucket, start) = prefix.store.call_s3, s3_prefix(prefix)
    failures: list[str] = []
    listed = [name for name in names if not _NOT_IN_XML.search(name)]
    for first in range(0, len(listed), _AT_ONCE):
        objects = [{"Key": start + name} for name in listed[first : first + _AT_ONCE]]
        answer = call("delete_objects", Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        failures += [f"{found.get('Code')}: {found.get('Key')}" for found in answer.get("Errors", ())]
    for name in (name for name in names if _NOT_IN_XML.search(name)):
        call("delete_object", Bucket=bucket, Key=start + name)
    return failures


def _delete_one_by_one(prefix: Place, names: list[str]) -> list[str]:
    with ThreadPoolExecutor(_REQUESTS) as pool:
        return [failure for failure in pool.map(partial(_delete_one, prefix), names) if failure]


def _delete_one(prefix: Place, name: str) -> str:
    """Why a file could not be deleted; empty if it is gone."""
    try:
        prefix.store.rm_file((prefix / name).uri)
    except FileNotFoundError:
        return ""
    except Exception as err:
        if not is_of_a_store(err):
            raise
        return in_one_line(err)
    return ""

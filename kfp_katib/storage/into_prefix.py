# SPDX-License-Identifier: Apache-2.0
"""A model into an object store, which replaces one file at a time and has no rename.

model.json decides what the place holds, so it is written last, and no file that it lists is touched before.
Where the new model has names of the earlier one, its files go under a name of their own first and
model.json leads there; then to their own names, and model.json leads to those. A list of what may be left
over lies beside it until all is done.

Two deliveries to one place at once may spoil each other's files. So each ends by reading everything again,
and begins anew where what lies there is not whole: whoever wrote last has found it whole.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
import uuid
from collections.abc import Iterable

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage.checkpoint import read_at, verify_at
from kfp_katib.storage.contents import copy_files, listed, refuse_strangers
from kfp_katib.storage.copying import Disturbed
from kfp_katib.storage.model_json import LARGEST, MODEL_JSON, UNFINISHED, Checkpoint, renamed
from kfp_katib.storage.objects import delete, files_below
from kfp_katib.storage.places import Place, trouble

_ATTEMPTS = 8
_PAUSE = 1.0  # seconds at most, and more with each attempt, so that two who meet part
_LONGEST_LIST = 8 * LARGEST  # bytes: names of the earlier model, of the new one and of leftovers
_BESIDE = re.compile(r"\.[0-9a-f]{12}\.partial/.*")

logger = logging.getLogger(__name__)


def deliver(checkpoint: Checkpoint, source: Place, prefix: Place) -> None:
    """Copy a model to a prefix, verified, in place of the model that lies there.

    Raises:
        StorageError: What lies there in the end is not whole, since others write there too, or since the
            store loses what it is sent.
    """
    mark, seen = uuid.uuid4().hex[:12], ""
    for attempt in range(_ATTEMPTS):
        time.sleep(random.uniform(0, attempt * _PAUSE))
        try:
            _deliver(checkpoint, source, prefix, mark)
        except Disturbed as err:
            seen = f" {err}"
            continue
        if _ended(checkpoint, prefix, mark):
            return
    raise StorageError(
        f"{prefix} is not whole after {_ATTEMPTS} attempts: others write there at the same time, or the "
        f"store loses what it is sent.{seen} Let the others finish, then try again."
    )


def tidy(prefix: Place) -> None:
    """Delete what a killed delivery left over; the model that the place holds stays."""
    there = files_below(prefix)
    ours = _unfinished(prefix, there)
    in_use = listed(prefix)
    left = ours & there - in_use
    if left:
        refuse_strangers(prefix, there, in_use | left)
        _clean(prefix, left)


def _deliver(checkpoint: Checkpoint, source: Place, prefix: Place, mark: str) -> None:
    new, list_of_ours = _names(checkpoint), f"model.json.{mark}.partial"
    ours, in_use = _replaceable(prefix)
    (prefix / list_of_ours).write(json.dumps(sorted(ours | in_use | new)).encode())
    if in_use & new:
        _beside(checkpoint, source, prefix, mark)
    copy_files(checkpoint, source, prefix)
    _, more, current = _looked_at(prefix)  # others may have delivered meanwhile
    (prefix / MODEL_JSON).write(checkpoint.text.encode())
    last = _unfinished(prefix, files_below(prefix))
    _clean(prefix, (ours | in_use | more | current | last) - new - {list_of_ours})


def _ended(checkpoint: Checkpoint, prefix: Place, mark: str) -> bool:
    """Whether a whole model lies there and nothing else of ours."""
    found = _whole(prefix)
    if found and found.text != checkpoint.text:
        logger.warning("%s holds another model, which was written at the same time", prefix)
        delete(prefix, _names(checkpoint) - _names(found))
        found = _whole(prefix)
    if found:
        delete(prefix, {f"model.json.{mark}.partial"})
    return found is not None


def _whole(prefix: Place) -> Checkpoint | None:
    try:
        found = read_at(prefix)
        verify_at(prefix, found)
    except NoCheckpoint as err:
        logger.warning("%s Once more.", err)
        return None
    return found


def _beside(checkpoint: Checkpoint, source: Place, prefix: Place, mark: str) -> None:
    """The model under names that nothing there has, and model.json leading to them."""
    folder = f".{mark}.partial"
    copy_files(checkpoint, source, prefix / folder)
    (prefix / MODEL_JSON).write(renamed(checkpoint, folder).text.encode())


def _replaceable(prefix: Place) -> tuple[set[str], set[str]]:
    """What of the place is left over and what is in use; nothing else lies there.

    Raises:
        StorageError: Something does, also when others who deliver there have had time to end.
    """
    for pause in (0, _PAUSE, 2 * _PAUSE):
        time.sleep(pause)
        there, ours, in_use = _looked_at(prefix)
        if there <= ours | in_use | {MODEL_JSON} or not ours:
            break
    refuse_strangers(prefix, there, ours | in_use)
    return ours, in_use


def _looked_at(prefix: Place) -> tuple[set[str], set[str], set[str]]:
    """What lies there, what of it unfinished deliveries may have put there, and what model.json lists.

    In this order: a delivery that ends meanwhile takes its list away after model.json names its files.
    """
    there = files_below(prefix)
    return there, _unfinished(prefix, there), listed(prefix)


def _unfinished(prefix: Place, there: set[str]) -> set[str]:
    """Names that unfinished deliveries gave or listed, their lists among them, and marks of folders."""
    lists = {name for name in there if UNFINISHED.fullmatch(name)}
    named = {name for name in there if _BESIDE.fullmatch(name) or name.endswith("/")}
    return lists.union(named, *(_names_in(prefix / name) for name in lists))


def _names_in(unfinished: Place) -> set[str]:
    """The names in a list; none where it is gone or damaged."""
    try:
        with trouble(f"reading {unfinished}"):
            names = json.loads(unfinished.read(_LONGEST_LIST))
    except (NoCheckpoint, ValueError, RecursionError):
        return set()
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _names(checkpoint: Checkpoint) -> set[str]:
    return {file.name for file in checkpoint.files}


def _clean(prefix: Place, names: Iterable[str]) -> None:
    """Delete what is no longer in use, and the lists of it last."""
    lists = {name for name in names if UNFINISHED.fullmatch(name)}
    delete(prefix, set(names) - lists - {MODEL_JSON})
    delete(prefix, lists)

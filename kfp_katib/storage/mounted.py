# SPDX-License-Identifier: Apache-2.0
"""A bucket that gcsfuse mounts as a folder, as Vertex AI does for each step: a model replaced file by file.

There a folder that holds files is not renamed (EMFILE, unless --rename-dir-limit allows it), and a file is:
https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md. So model.json goes first and
comes last. Between, the folder holds no model, and a list in it says which of its files are ours, so that the
next call finishes what a killed one began.

Two processes may replace one model at once. A list has the mark of the folder from which its process moves
the files: while that is there, more files may come, and nobody deletes a list. The last one deletes them all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kfp_katib.errors import NoCheckpoint
from kfp_katib.storage.checkpoint import leftovers_at, names_at, read_at
from kfp_katib.storage.model_json import MODEL_JSON, list_name, lists_among
from kfp_katib.storage.places import Place, files_below


def put_file_by_file(staging: Path, folder: Path) -> bool:
    """Replace what is in a folder by what is in another, whose files are moved, model.json last.

    Returns:
        Whether the folder holds a complete model in the end. It does not where another process replaces it
        at the same time; what is there then is finished by the next call.
    """
    own = list_name(staging.name.split(".")[-2])
    try:
        _move(staging, folder, own)
        read_at(Place(str(folder), folder))
    except (FileNotFoundError, NoCheckpoint):  # another has deleted what was moved, or was to be moved
        return False
    clear(folder, own)
    return True


def clear(folder: Path, own: str = "") -> None:
    """Delete what replacements left over, and then their lists, unless one of them still goes on.

    Args:
        folder: The folder; what the model in it consists of stays.
        own: The list of the replacement that ends now.
    """
    here = Place(str(folder), folder)
    there = files_below(here)
    lists = lists_among(there)
    if any(_staging(folder, name).exists() for name in lists - {own}):
        return
    unlink(folder, leftovers_at(here, lists) & (there - names_at(here) - lists - {MODEL_JSON}))
    unlink(folder, lists)


def unlink(folder: Path, names: Iterable[str]) -> None:
    """Delete files from a folder; one that is gone already is not an error."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _staging(folder: Path, unfinished: str) -> Path:
    """The folder from which the files of a list are moved; its process deletes it at the end."""
    return folder.with_name(f".{folder.name}.{unfinished.split('.')[-2]}.partial")


def _move(staging: Path, folder: Path, own: str) -> None:
    folder.mkdir(exist_ok=True)
    new = files_below(Place(str(staging), staging))
    (folder / own).write_text(json.dumps(sorted(new)))  # from now on, who ends leaves us a list of what came
    old = files_below(Place(str(folder), folder))
    (folder / own).write_text(json.dumps(sorted(old | new)))
    unlink(folder, {MODEL_JSON})
    unlink(folder, old - lists_among(old))
    for parent, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):  # all but those that are empty
            Path(parent).rmdir()
    for name in sorted(new, key=lambda name: (name == MODEL_JSON, name)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).rename(folder / name)

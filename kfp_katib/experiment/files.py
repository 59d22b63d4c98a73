# SPDX-License-Identifier: Apache-2.0
"""A manifest's file as text, or why it is none, in words that say what to do."""

from __future__ import annotations

import errno
import os
import re
from itertools import islice
from pathlib import Path

from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.plain import FILE_UNREADABLE, LIMIT_BYTES, NOT_TEXT, UnreadableError, too_large

_URL = re.compile(r"(https?):/+")  # a Path keeps one slash of two
_SCRIPTS = {".py": "python", ".sh": "sh"}
_SUFFIXES = (".yaml", ".yml", ".json")
_MOST = 1000
_SHOWN = 5
_TWO_BYTES = (b"\xff\xfe", b"\xfe\xff")


def file_of(source: object) -> Path | None:
    """The file that a source names, None where it is the manifest itself.

    No manifest is one line that ends like a file's name.
    """
    if isinstance(source, os.PathLike):
        return Path(os.fspath(source))
    if isinstance(source, str) and "\n" not in source and source.endswith(_SUFFIXES):
        return Path(source)
    return None


def contents(path: Path) -> bytes:
    """What is in the file; one byte over the limit, where it is too large.

    Raises:
        UnreadableError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
    except (OSError, ValueError) as err:
        raise UnreadableError(FILE_UNREADABLE, *_refused(path, err)) from err
    if runner := _SCRIPTS.get(path.suffix):
        fix = f"Give a manifest; this proposes one: kfp-katib init -- {runner} {path}"
        raise UnreadableError(FILE_UNREADABLE, "It is a script, not a manifest.", fix)
    return data


def _refused(path: Path, err: OSError | ValueError) -> tuple[str, str]:
    """What we saw, and what to do."""
    number = err.errno if isinstance(err, OSError) else None
    if url := _URL.match(str(path)):
        address = f"{url[1]}://{str(path)[url.end() :]}"
        return "It is an address on the web, not a file.", f"Download it first: curl -fLO {address}"
    if number == errno.ENOENT:
        return "There is no such file.", _elsewhere(path)
    if number == errno.EISDIR:
        found = _manifests(path)
        return "It is a folder.", f"Name a file{f', such as {path / found[0]}' if found else ''}."
    if number == errno.EACCES:
        return "You may not read the file.", f"Ask its owner, or: chmod u+r {path}"
    why = getattr(err, "strerror", None) or err
    return f"The file cannot be read: {why}.", "Check the path and its permissions."


def _elsewhere(path: Path) -> str:
    """Which file may be meant instead of one that is not there."""
    folder = path.parent
    if not folder.is_dir():
        return f"Check the path: there is no folder {folder}."
    found = _manifests(folder)
    if near := closest(path.name, found):
        return f"Did you mean {folder / near}?"
    where = "The folder you are in" if folder == Path() else f"The folder {folder}"
    return f"{where} holds {', '.join(found[:_SHOWN]) or 'no YAML and no JSON'}."


def _manifests(folder: Path) -> list[str]:
    """The names of files in the folder that may be manifests."""
    try:
        names = sorted(each.name for each in islice(folder.iterdir(), _MOST))
    except OSError:
        return []
    return [name for name in names if name.endswith(_SUFFIXES) and not name.startswith(".")]


def decoded(data: bytes) -> str:
    """The text in bytes of UTF-8.

    Raises:
        UnreadableError: They are none.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        if len(data) > LIMIT_BYTES:
            raise too_large(LIMIT_BYTES, len(data)) from err
        is_two = data.startswith(_TWO_BYTES)
        message = "The text is UTF-16." if is_two else f"Byte {err.start} is not UTF-8."
        line = None if is_two else data.count(b"\n", 0, err.start) + 1
        raise UnreadableError(NOT_TEXT, message, "Save the manifest as UTF-8 text.", line=line) from err

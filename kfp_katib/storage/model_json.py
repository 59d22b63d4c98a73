# SPDX-License-Identifier: Apache-2.0
"""model.json, which a trial writes last: the list of its files with their checksums, read strictly.

A trial is somebody else's program, so a name that leads out of its folder, or two entries for one file,
make the whole list invalid; nothing is corrected. Reading it takes no more time and memory than its size
warrants, and can fail only as an invalid list.
"""

from __future__ import annotations

import json
import re
import reprlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from kfp_katib.errors import NoCheckpoint, StorageError

MODEL_JSON = "model.json"

LARGEST = 1 << 20
"""The most bytes of a model.json; a list of 7,000 files has fewer."""

_LONGEST_NAME = 900  # bytes of UTF-8; S3 takes keys of 1,024, of which the folder needs some
_LONGEST_PART = 255  # bytes of UTF-8, as file systems have it
_BOM = "\ufeff"  # what some editors write first
_LIST = re.compile(r"model\.json(\.[0-9a-f]{12})?\.partial")
_WHOLE = 2**53  # smaller integers are the same to every JSON reader
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff\ufffe\uffff]")
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 80


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its name inside the folder, its SHA-256 in lower-case hex, its size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's files and where they come from.

    Attributes:
        uri: The folder that holds it.
        files: Its files, in the order of model.json.
        metrics: The metrics of the epoch that the files are from.
        epoch: That epoch, None if the trial has none.
        parameters: What it was trained with.
        text: model.json as it was written.
    """

    uri: str
    files: tuple[ModelFile, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)
    epoch: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    text: str = field(default="", repr=False)

    @property
    def names(self) -> set[str]:
        """The names of its files."""
        return {file.name for file in self.files}


class _Invalid(Exception):
    """Why a model.json is not valid."""


def parse(content: bytes, uri: str) -> Checkpoint:
    """Read a model.json.

    Raises:
        NoCheckpoint: It is not JSON, or breaks a rule of the contract; the message says which.
    """
    try:
        text, data = _read(content)
        return Checkpoint(
            uri=uri,
            files=_files(data.get("files")),
            metrics=_metrics(data.get("metrics", {})),
            epoch=_epoch(data.get("epoch")),
            parameters=_object(data.get("parameters", {}), "parameters"),
            text=text,
        )
    except _Invalid as err:
        raise NoCheckpoint(f"{uri}/{MODEL_JSON} is not valid: {err}. So the folder holds no model.") from err


def renamed(checkpoint: Checkpoint, folder: str) -> Checkpoint:
    """The same model with its files in a subfolder."""
    data = json.loads(checkpoint.text.removeprefix(_BOM))
    data["files"] = {f"{folder}/{name}": entry for name, entry in data["files"].items()}
    files = tuple(replace(file, name=f"{folder}/{file.name}") for file in checkpoint.files)
    return replace(checkpoint, files=files, text=json.dumps(data))


def write(files: Iterable[ModelFile]) -> bytes:
    """A model.json for files that came without one, such as an exported model."""
    listed = {file.name: {"sha256": file.sha256, "bytes": file.bytes} for file in files}
    return json.dumps({"files": listed, "metrics": {}, "epoch": None, "parameters": {}}, indent=2).encode()


def name_fault(name: str) -> str:
    """What is wrong with a file's name, empty if it is a plain relative name inside the folder."""
    parts = name.split("/")
    if not name or _UNFIT.search(name):
        return "is empty, or has a backslash, a control character or a lone surrogate in it"
    if name.startswith("/") or ":" in parts[0]:
        return "is absolute"
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty part, `.` or `..` in it"
    if len(name.encode()) > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_PART for part in parts):
        return f"is too long: more than {_LONGEST_NAME} bytes, or {_LONGEST_PART} between two slashes"
    if "?versionId=" in name:
        return "means a version of another file to object stores"
    first = _folded(parts[0])
    return "is that of the list itself" if first == MODEL_JSON or lists_among([first]) else ""


def list_name(mark: str) -> str:
    """The file that lists what a replacement may leave if it is killed.

    Args:
        mark: 12 hex digits that no other replacement has.
    """
    return f"{MODEL_JSON}.{mark}.partial"


def lists_among(names: Iterable[str]) -> set[str]:
    """Those of a folder's names that are such lists; earlier versions wrote one without a mark."""
    return {name for name in names if _LIST.fullmatch(name)}


def refuse_strangers(folder: object, there: Set[str], ours: Set[str]) -> None:
    """Refuse to replace what is not a model.

    Args:
        folder: The folder, for the message.
        there: The names of all files in it.
        ours: The names that belong to a model.

    Raises:
        StorageError: There is another file.
    """
    unknown = there - ours - {MODEL_JSON}
    if strangers := sorted(unknown - lists_among(unknown)):
        raise StorageError(
            f"{folder} holds {strangers[0]!r}, which belongs to no model: it will not be replaced. "
            "Name an empty folder, or one that holds a model and nothing else."
        )


def _read(content: bytes) -> tuple[str, dict[str, Any]]:
    if len(content) > LARGEST:
        raise _Invalid(f"it has more than {LARGEST} bytes")
    try:
        text = content.decode("utf-8")
        data = json.loads(text.removeprefix(_BOM), object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as err:
        raise _Invalid(f"it cannot be read as JSON in UTF-8 ({err!s:.200})") from err
    if not isinstance(data, dict):
        raise _Invalid(f"it holds a {type(data).__name__}, not an object")
    return text, data


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        twin = min(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"{_shown(twin)} appears twice")
    return data


def _folded(name: str) -> str:
    """What a name is to file systems that ignore case and how an accent is encoded."""
    return unicodedata.normalize("NFC", name).casefold()


def _files(data: object) -> tuple[ModelFile, ...]:
    listed = _object(data, "files")
    if not listed:
        raise _Invalid("`files` lists no file")
    files = tuple(_file(name, entry) for name, entry in listed.items())
    ordered = sorted((_folded(name).split("/"), name) for name in listed)
    for (parts, name), (next_parts, other) in pairwise(ordered):
        if parts == next_parts:
            raise _Invalid(f"{name!r} and {other!r} are one file where case is ignored")
        if parts == next_parts[: len(parts)]:
            raise _Invalid(f"{name!r} is both a file and a folder")
    return files


def _file(name: str, entry: object) -> ModelFile:
    if fault := name_fault(name):
        raise _Invalid(f"the file name {_shown(name)} {fault}")
    fields = _object(entry, f"files[{name!r}]")
    sha256, size = fields.get("sha256"), fields.get("bytes")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise _Invalid(f"sha256 of {name!r} is {_shown(sha256)}, not 64 lower-case hex digits")
    if type(size) is not int or not 0 <= size < _WHOLE:  # True is an int too
        raise _Invalid(f"bytes of {name!r} is {_shown(size)}, not a size")
    return ModelFile(name, sha256, size)


def _metrics(data: object) -> dict[str, float]:
    return {name: _number(name, value) for name, value in _object(data, "metrics").items()}


def _number(name: str, value: object) -> float:
    with suppress(OverflowError):
        if type(value) is int or type(value) is float:
            return float(value)
    raise _Invalid(f"metric {_shown(name)} is {_shown(value)}, not a number")


def _epoch(data: object) -> int | None:
    if data is None or (type(data) is int and abs(data) < _WHOLE):
        return data
    raise _Invalid(f"epoch is {_shown(data)}, not an integer")


def _object(data: object, what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _Invalid(f"`{what}` is {_shown(data)}, not an object")
    return data


def _shown(value: object) -> str:
    """A value for a message, cut in length and depth."""
    return _SHOWN.repr(value)

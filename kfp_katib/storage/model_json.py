# SPDX-License-Identifier: Apache-2.0
"""model.json, which a trial writes last: the list of its files with their checksums, read strictly.

A trial is somebody else's program, so a name that leads out of its folder, or two entries for one file,
make the whole list invalid rather than being mended. Nothing in it can cost more than its size in time or
memory, or fail in another way than as an invalid list.
"""

from __future__ import annotations

import json
import re
import reprlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from kfp_katib.errors import NoCheckpoint

MODEL_JSON = "model.json"
UNFINISHED = re.compile(r"model\.json(\.[0-9a-f]{12})?\.partial")
"""A file that lists, in an object store, what an unfinished delivery may have left."""

LARGEST = 1 << 20
"""Bytes of a model.json; a list of 7,000 files has less."""

_LONGEST_NAME = 900  # bytes of UTF-8; S3 takes keys of 1,024, of which the folder needs some
_LONGEST_PART = 255  # bytes of UTF-8, as file systems have it
_BOM = "\ufeff"  # what some editors write first
_WHOLE = 2**53  # integers below are the same for everybody who reads JSON
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
    """A model and what it is.

    Attributes:
        uri: The folder that holds it.
        files: Its files, in the order of model.json.
        metrics: The metrics of the epoch that the files are from.
        epoch: That epoch, None where the trial has none.
        parameters: What it was trained with.
        text: model.json as it was written.
    """

    uri: str
    files: tuple[ModelFile, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)
    epoch: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    text: str = field(default="", repr=False)


def parse(content: bytes, uri: str) -> Checkpoint:
    """Read a model.json.

    Raises:
        NoCheckpoint: It is not JSON, or breaks a rule of the contract; the message says which.
    """
    if len(content) > LARGEST:
        raise _invalid(uri, f"it has more than {LARGEST} bytes")
    try:
        text = content.decode("utf-8")
        data = json.loads(text.removeprefix(_BOM), object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as err:
        raise _invalid(uri, f"it cannot be read as JSON in UTF-8 ({err!s:.200})") from err
    if not isinstance(data, dict):
        raise _invalid(uri, f"it holds a {type(data).__name__}, not an object")
    return Checkpoint(
        uri=uri,
        files=_files(data.get("files"), uri),
        metrics=_metrics(data.get("metrics", {}), uri),
        epoch=_epoch(data.get("epoch"), uri),
        parameters=_object(data.get("parameters", {}), "parameters", uri),
        text=text,
    )


def renamed(checkpoint: Checkpoint, folder: str) -> Checkpoint:
    """The same model with its files in a folder of that folder."""
    data = json.loads(checkpoint.text.removeprefix(_BOM))
    data["files"] = {f"{folder}/{name}": entry for name, entry in data["files"].items()}
    files = tuple(ModelFile(f"{folder}/{file.name}", file.sha256, file.bytes) for file in checkpoint.files)
    return replace(checkpoint, files=files, text=json.dumps(data))


def write(files: Iterable[ModelFile]) -> bytes:
    """A model.json for files that came without one, such as an exported model."""
    listed = {file.name: {"sha256": file.sha256, "bytes": file.bytes} for file in files}
    return json.dumps({"files": listed, "metrics": {}, "epoch": None, "parameters": {}}, indent=2).encode()


def name_fault(name: str) -> str:
    """What is wrong with a file's name, empty where it is a plain relative name inside the folder."""
    parts = name.split("/")
    if not name or _UNFIT.search(name):
        return "is empty, or has a backslash, a control character or half a character in it"
    if name.startswith("/") or ":" in parts[0]:
        return "is absolute"
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty part, `.` or `..` in it"
    if len(name.encode()) > _LONGEST_NAME or any(len(part.encode()) > _LONGEST_PART for part in parts):
        return f"is too long: more than {_LONGEST_NAME} bytes, or {_LONGEST_PART} between two slashes"
    if "?versionId=" in name:
        return "means a version of another file to object stores"
    first = _folded(parts[0])
    return "is the list itself" if first == MODEL_JSON or UNFINISHED.fullmatch(first) else ""


def _folded(name: str) -> str:
    """What a name is to file systems that ignore case, and the ways to write an accent."""
    return unicodedata.normalize("NFC", name).casefold()


def _files(data: object, uri: str) -> tuple[ModelFile, ...]:
    listed = _object(data, "files", uri)
    if not listed:
        raise _invalid(uri, "`files` lists no file")
    files = tuple(_file(name, entry, uri) for name, entry in listed.items())
    ordered = sorted((_folded(name).split("/"), name) for name in listed)
    for (parts, name), (next_parts, other) in pairwise(ordered):
        if parts == next_parts:
            raise _invalid(uri, f"{name!r} and {other!r} are one file where case does not count")
        if parts == next_parts[: len(parts)]:
            raise _invalid(uri, f"{name!r} is both a file and a folder")
    return files


def _file(name: str, entry: object, uri: str) -> ModelFile:
    if fault := name_fault(name):
        raise _invalid(uri, f"the file name {_shown(name)} {fault}")
    fields = _object(entry, f"files[{name!r}]", uri)
    sha256, size = fields.get("sha256"), fields.get("bytes")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise _invalid(uri, f"sha256 of {name!r} is {_shown(sha256)}, not 64 lower-case hex digits")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < _WHOLE:
        raise _invalid(uri, f"bytes of {name!r} is {_shown(size)}, not a size")
    return ModelFile(name, sha256, size)


def _metrics(data: object, uri: str) -> Mapping[str, float]:
    return {name: _number(name, value, uri) for name, value in _object(data, "metrics", uri).items()}


def _number(name: str, value: object, uri: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise _invalid(uri, f"metric {_shown(name)} is {_shown(value)}, not a number")


def _epoch(data: object, uri: str) -> int | None:
    if data is None or (isinstance(data, int) and not isinstance(data, bool) and abs(data) < _WHOLE):
        return data
    raise _invalid(uri, f"epoch is {_shown(data)}, not an integer")


def _object(data: object, what: str, uri: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _invalid(uri, f"`{what}` is {_shown(data)}, not an object")
    return data


def _shown(value: object) -> str:
    """A value for a message: its beginning, at a few levels."""
    return _SHOWN.repr(value)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        twin = min(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"{_shown(twin)} stands in it twice")
    return data


def _invalid(uri: str, why: str) -> NoCheckpoint:
    return NoCheckpoint(f"{uri}/{MODEL_JSON} is not valid: {why}. So the folder holds no model.")

# SPDX-License-Identifier: Apache-2.0
"""model.json, which a trial writes last: the list of its files with their checksums, read strictly.

A trial is somebody else's program, so a name that leads out of its folder, or two entries for one file,
make the whole list invalid rather than being mended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from kfp_katib.errors import NoCheckpoint

MODEL_JSON = "model.json"
_LARGEST = 16 << 20  # bytes; a list of 100,000 files has less
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\]")


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
    if len(content) > _LARGEST:
        raise _invalid(uri, f"it has {len(content)} bytes, more than {_LARGEST}")
    try:
        data = json.loads(content, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as err:
        raise _invalid(uri, f"it cannot be read as JSON ({err})") from err
    if not isinstance(data, dict):
        raise _invalid(uri, f"it holds a {type(data).__name__}, not an object")
    return Checkpoint(
        uri=uri,
        files=_files(data.get("files"), uri),
        metrics=_metrics(data.get("metrics", {}), uri),
        epoch=_epoch(data.get("epoch"), uri),
        parameters=_object(data.get("parameters", {}), "parameters", uri),
        text=content.decode(),
    )


def write(files: Iterable[ModelFile]) -> bytes:
    """A model.json for files that came without one, such as an exported model."""
    listed = {file.name: {"sha256": file.sha256, "bytes": file.bytes} for file in files}
    return json.dumps({"files": listed, "metrics": {}, "epoch": None, "parameters": {}}, indent=2).encode()


def name_fault(name: str) -> str:
    """What is wrong with a file's name, empty where it is a plain relative name inside the folder."""
    parts = name.split("/")
    if not name or _UNFIT.search(name):
        return "is empty, or has a backslash or a control character in it"
    if name.startswith("/") or ":" in parts[0]:
        return "is absolute"
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty part, `.` or `..` in it"
    return "is the list itself" if name == MODEL_JSON else ""


def _files(data: object, uri: str) -> tuple[ModelFile, ...]:
    listed = _object(data, "files", uri)
    if not listed:
        raise _invalid(uri, "`files` lists no file")
    files = tuple(_file(name, entry, uri) for name, entry in listed.items())
    folders = {str(parent) for name in listed for parent in PurePosixPath(name).parents}
    for file in files:
        if file.name in folders:
            raise _invalid(uri, f"{file.name!r} is both a file and a folder")
    return files


def _file(name: str, entry: object, uri: str) -> ModelFile:
    if fault := name_fault(name):
        raise _invalid(uri, f"the file name {name!r} {fault}")
    fields = _object(entry, f"files[{name!r}]", uri)
    sha256, size = fields.get("sha256"), fields.get("bytes")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise _invalid(uri, f"sha256 of {name!r} is {sha256!r}, not 64 lower-case hex digits")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _invalid(uri, f"bytes of {name!r} is {size!r}, not a size")
    return ModelFile(name, sha256, size)


def _metrics(data: object, uri: str) -> Mapping[str, float]:
    metrics = _object(data, "metrics", uri)
    for name, value in metrics.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _invalid(uri, f"metric {name!r} is {value!r}, not a number")
    return {name: float(value) for name, value in metrics.items()}


def _epoch(data: object, uri: str) -> int | None:
    if data is None or (isinstance(data, int) and not isinstance(data, bool)):
        return data
    raise _invalid(uri, f"epoch is {data!r}, not an integer")


def _object(data: object, what: str, uri: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _invalid(uri, f"`{what}` is {data!r:.80}, not an object")
    return data


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        twins = sorted({key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1})
        raise ValueError(f"{twins[0]!r} stands in it twice")
    return data


def _invalid(uri: str, why: str) -> NoCheckpoint:
    return NoCheckpoint(f"{uri}/{MODEL_JSON} is not valid: {why}. So the folder holds no model.")

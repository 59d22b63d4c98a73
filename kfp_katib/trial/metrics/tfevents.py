# SPDX-License-Identifier: Apache-2.0
"""The collector TensorFlowEvent: scalars in TensorBoard's event files, read without TensorFlow.

Follows `tfevent_loader.py` in Katib's `pkg/metricscollector/v1beta1/tfevent-metricscollector`. Formats:
records by `tensorflow/core/lib/io/record_writer.h`, messages by `event.proto` and `summary.proto` of
TensorFlow. Checksums are not checked. Every library that reads these files brings TensorBoard's server
along.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from kfp_katib.trial.metrics.aggregate import V
from kfp_katib.trial.metrics.protobuf import fields, tensor_text
from kfp_katib.trial.plain_file import chunks

UNREADABLE = (ValueError, struct.error, OverflowError, OSError)
"""What a damaged event file raises. Katib's collector warns and goes on with the next file."""

_HEADER = struct.Struct("<Q4x")
_FOOTER_BYTES = 4
_LARGEST_RECORD_BYTES = 1 << 24
_MOST_TAGS = 1000
_TIME, _SUMMARY, _VALUE = 1, 5, 1
_TAG, _SIMPLE, _TENSOR, _NODE = 1, 2, 8, 7


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value in an event file.

    Attributes:
        tag: Its name there.
        message: The number or the tensor, as it is on the wire.
        is_tensor: Which of the two.
        seconds: When, since 1970.
    """

    tag: str
    message: memoryview
    is_tensor: bool
    seconds: float

    def text(self) -> str:
        """The value as the text that Katib's collector makes of it."""
        return tensor_text(self.message) if self.is_tensor else str(struct.unpack("<f", self.message)[0])

    def time(self) -> datetime:
        """When, as Katib writes it: without fractions."""
        return datetime.fromtimestamp(int(self.seconds), UTC)


def read_events(directory: Path, values: Mapping[str, V]) -> None:
    """Read the values of every event file under a folder; a damaged one counts as empty.

    A metric `dir/tag` matches files whose folder ends in `dir`; its tag matches every tag that begins with
    it, so `loss` also takes `loss_val`, as in Katib.

    Args:
        directory: The folder.
        values: Where each metric's values go.
    """
    for path in event_files(directory):
        try:
            found = _read_file(path, values)
        except UNREADABLE:
            continue
        for metric, more in found:
            values[metric].merge(more)


def event_files(directory: Path, most: int | None = None) -> list[Path]:
    """Every event file under a folder; links to folders are not followed.

    Args:
        directory: The folder.
        most: Among how many files to look; None for all.
    """
    files = map(Path, islice(_files(directory), most))
    return sorted(path for path in files if "tfevents" in path.name)


def scalars(pieces: Iterable[bytes]) -> Iterator[Scalar]:
    """The values of an event file that arrives piece by piece.

    Raises:
        ValueError: The file is damaged, as for each of `UNREADABLE`.
    """
    for record, _ in records(pieces):
        yield from scalars_in(record)


def records(pieces: Iterable[bytes]) -> Iterator[tuple[memoryview, int]]:
    """The records of an event file that arrives piece by piece, and how many bytes each takes there.

    A last one that was cut off is left out, as in TensorBoard; one too large to be only a number (graphs,
    images) comes empty, when its beginning is there.
    """
    held = bytearray()
    skip = 0
    for piece in pieces:
        held += piece[skip:]
        skip = max(0, skip - len(piece))
        content, at = memoryview(bytes(held)), 0
        while at + _HEADER.size <= len(content):
            (size,) = _HEADER.unpack_from(content, at)
            end = at + _HEADER.size + size + _FOOTER_BYTES
            if size > _LARGEST_RECORD_BYTES:
                yield content[:0], end - at
                skip = max(0, end - len(content))
            elif end > len(content):
                break
            else:
                yield content[at + _HEADER.size : end - _FOOTER_BYTES], end - at
            at = end
        del held[:at]


def _read_file(path: Path, values: Mapping[str, V]) -> list[tuple[str, V]]:
    """What one file reports: tensors before numbers, then tag by tag, as in Katib."""
    tags: dict[tuple[bool, str, str], V] = {}
    wanted = tags_in(path, values)
    for scalar in scalars(chunks(path)):
        for metric, tag in wanted:
            if scalar.tag.startswith(tag):
                key = (not scalar.is_tensor, scalar.tag, metric)
                if key not in tags and len(tags) >= _MOST_TAGS:
                    key = (*key[:1], "", metric)  # tags beyond what any training has share one entry
                tags.setdefault(key, values[metric].empty()).add(scalar.text(), scalar.time())
    return [(key[2], found) for key, found in sorted(tags.items(), key=lambda item: item[0][0])]


def tags_in(path: Path, metrics: Iterable[str]) -> list[tuple[str, str]]:
    """The metrics that this file may hold, each with the beginning of its tags."""
    return [
        (metric, tag)
        for metric in metrics
        for directory, _, tag in [metric.rpartition("/")]
        if str(path.parent).endswith(directory)
    ]


def _files(directory: Path) -> Iterator[str]:
    folders = [str(directory)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        yield entry.path
        except OSError:
            continue


def scalars_in(record: memoryview) -> Iterator[Scalar]:
    """The values in one record.

    Raises:
        ValueError: It is damaged, as for each of `UNREADABLE`.
    """
    seconds = 0.0
    for key, value in fields(record):
        if key == _TIME:
            (seconds,) = struct.unpack("<d", value)
    for key, summary in fields(record):
        for kind, value in fields(summary) if key == _SUMMARY else ():
            if kind == _VALUE:
                yield from _in_value(value, seconds)


def _in_value(message: memoryview, seconds: float) -> Iterator[Scalar]:
    found = {key: value for key, value in fields(message) if key in (_TAG, _SIMPLE, _TENSOR, _NODE)}
    tag = bytes(found.get(_TAG, b"")).decode()
    if _SIMPLE in found:
        yield Scalar(tag, found[_SIMPLE], False, seconds)
    elif _TENSOR in found:
        yield Scalar(tag or bytes(found.get(_NODE, b"")).decode(), found[_TENSOR], True, seconds)

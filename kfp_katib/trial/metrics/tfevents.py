# SPDX-License-Identifier: Apache-2.0
"""The collector TensorFlowEvent: scalars in TensorBoard's event files, read without TensorFlow.

Follows `tfevent_loader.py` in Katib's `pkg/metricscollector/v1beta1/tfevent-metricscollector`. Formats:
records by `tensorflow/core/lib/io/record_writer.h`, messages by `event.proto` and `summary.proto` of
TensorFlow. Checksums are not looked at. No library reads these files without bringing TensorBoard's server
along.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kfp_katib.trial.metrics import tensor
from kfp_katib.trial.metrics.aggregate import Tally, Values
from kfp_katib.trial.metrics.protobuf import fields
from kfp_katib.trial.plain_file import chunks, open_plain

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
        return tensor.text(self.message) if self.is_tensor else str(struct.unpack("<f", self.message)[0])

    def time(self) -> datetime:
        """When, as Katib writes it: without fractions."""
        return datetime.fromtimestamp(int(self.seconds), UTC)


class EventReader:
    """The values of an event file that arrives piece by piece.

    A last record that was cut off is left out, as in TensorBoard; so is one too large to hold a number alone
    (graphs, images).

    Args:
        take: Called with each value.
    """

    def __init__(self, take: Callable[[Scalar], None]) -> None:
        self._take = take
        self._held = bytearray()
        self._skip = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the file.

        Raises:
            ValueError: The file is damaged, as for each of `UNREADABLE`.
        """
        self._held += chunk[self._skip :]
        self._skip = max(0, self._skip - len(chunk))
        content, at = memoryview(bytes(self._held)), 0
        while at + _HEADER.size <= len(content):
            (size,) = _HEADER.unpack_from(content, at)
            end = at + _HEADER.size + size + _FOOTER_BYTES
            if size > _LARGEST_RECORD_BYTES:
                self._skip = max(0, end - len(content))
            elif end > len(content):
                break
            else:
                for scalar in _scalars(content[at + _HEADER.size : end - _FOOTER_BYTES]):
                    self._take(scalar)
            at = end
        del self._held[:at]


class _FileTally:
    """What one file reports. Tensors come before numbers, then one tag comes after the other, as in Katib."""

    def __init__(self, metrics: Iterable[str], path: Path) -> None:
        self._tags: dict[tuple[bool, str, str], Values] = {}
        self._wanted = list(wanted(metrics, path))

    def take(self, scalar: Scalar) -> None:
        """Take the next value of the file."""
        for metric, tag in self._wanted:
            if scalar.tag.startswith(tag):
                key = (not scalar.is_tensor, scalar.tag, metric)
                if key not in self._tags and len(self._tags) >= _MOST_TAGS:
                    key = (*key[:1], "", metric)  # more tags than any training has share one order
                self._tags.setdefault(key, Values()).add(scalar.text(), scalar.time())

    def report(self, tally: Tally) -> None:
        """Hand on what was taken."""
        for (_, _, metric), values in sorted(self._tags.items(), key=lambda item: item[0][0]):
            tally.values[metric].merge(values)


def read_events(directory: Path, tally: Tally) -> None:
    """Read the values of every event file under a folder.

    A metric `dir/tag` matches files whose folder ends in `dir`; its tag matches every tag that begins with
    it, so `loss` also takes `loss_val`, as in Katib.
    """
    for path in event_files(directory):
        file = _FileTally(tally.values, path)
        try:
            read_file(path, file.take)
        except UNREADABLE:
            continue
        file.report(tally)


def read_file(path: Path, take: Callable[[Scalar], None]) -> None:
    """Read the values of one event file.

    Raises:
        ValueError: The file is damaged or cannot be read, as for each of `UNREADABLE`.
    """
    reader = EventReader(take)
    with open_plain(path) as file:
        for chunk in chunks(file):
            reader.feed(chunk)


def event_files(directory: Path) -> list[Path]:
    """Every event file under a folder; links to folders are not followed."""
    return sorted(path for path in map(Path, _files(directory)) if "tfevents" in path.name)


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


def wanted(metrics: Iterable[str], path: Path) -> Iterator[tuple[str, str]]:
    """The metrics that a file may hold, and how the tag of each begins."""
    for metric in metrics:
        directory, _, tag = metric.rpartition("/")
        if str(path.parent).endswith(directory):
            yield metric, tag


def _scalars(record: memoryview) -> Iterator[Scalar]:
    seconds = 0.0
    for key, value in fields(record):
        if key == _TIME:
            (seconds,) = struct.unpack("<d", value)
    for key, summary in fields(record):
        for kind, value in fields(summary) if key == _SUMMARY else ():
            if kind == _VALUE:
                yield from _scalar(value, seconds)


def _scalar(message: memoryview, seconds: float) -> Iterator[Scalar]:
    found = {key: value for key, value in fields(message) if key in (_TAG, _SIMPLE, _TENSOR, _NODE)}
    tag = bytes(found.get(_TAG, b"")).decode()
    if _SIMPLE in found:
        yield Scalar(tag, found[_SIMPLE], False, seconds)
    elif _TENSOR in found:
        yield Scalar(tag or bytes(found.get(_NODE, b"")).decode(), found[_TENSOR], True, seconds)

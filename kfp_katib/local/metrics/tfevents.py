# SPDX-License-Identifier: Apache-2.0
"""The collector TensorFlowEvent: scalars in TensorBoard's event files, read without TensorFlow.

Follows `tfevent_loader.py` in Katib's `pkg/metricscollector/v1beta1/tfevent-metricscollector`. Formats:
records by `tensorflow/core/lib/io/record_writer.h`, messages by `event.proto`, `summary.proto` and
`tensor.proto` of TensorFlow. Checksums are not looked at. No library reads these files without bringing
TensorBoard's server along.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kfp_katib.local.metrics.observation import Observation

_HEADER = struct.Struct("<Q4x")
_FOOTER_BYTES = 4


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value in an event file, as the text that Katib's collector makes of it."""

    tag: str
    text: str
    time: datetime
    from_tensor: bool


def read_events(directory: Path, metrics: Sequence[str]) -> list[Observation]:
    """Values of every event file under a folder.

    A metric `dir/tag` matches files whose folder ends in `dir`; its tag matches every tag that begins with
    it, so `loss` also takes `loss_val`, as in Katib.
    """
    files = sorted(path for path in directory.rglob("*tfevents*") if path.is_file())
    return [found for path in files for found in _in_file(path, metrics)]


def _in_file(path: Path, metrics: Sequence[str]) -> Iterator[Observation]:
    try:
        scalars = list(_scalars(path.read_bytes()))
    except (ValueError, struct.error, LookupError, OverflowError, OSError):
        return  # Katib's collector warns and goes on with the next file
    # One tag after the other, tensors before old-style scalars: the order of equal times.
    for scalar in sorted(scalars, key=lambda each: (not each.from_tensor, each.tag)):
        for metric in metrics:
            directory, _, tag = metric.rpartition("/")
            if scalar.tag.startswith(tag) and str(path.parent).endswith(directory):
                yield Observation(metric, scalar.text, scalar.time)


def _scalars(content: bytes) -> Iterator[Scalar]:
    for record in _records(content):
        event = list(_fields(record))
        wall_time = next((struct.unpack("<d", value)[0] for key, value in event if key == 1), 0.0)
        # Katib writes the time without fractions.
        time = datetime.fromtimestamp(int(wall_time), UTC)
        for summary in (value for key, value in event if key == 5):
            for value in (value for key, value in _fields(summary) if key == 1):
                yield from _scalar(dict(_fields(value)), time)


def _scalar(value: dict[int, bytes], time: datetime) -> Iterator[Scalar]:
    tag = value.get(1, b"").decode()
    if 2 in value:
        yield Scalar(tag, str(struct.unpack("<f", value[2])[0]), time, from_tensor=False)
    elif 8 in value:
        yield Scalar(tag, _tensor_text(dict(_fields(value[8]))), time, from_tensor=True)


def _records(content: bytes) -> Iterator[bytes]:
    """The records of a file; a last one that was cut off is left out, as in TensorBoard."""
    at = 0
    while at + _HEADER.size <= len(content):
        (size,) = _HEADER.unpack_from(content, at)
        start = at + _HEADER.size
        at = start + size + _FOOTER_BYTES
        if at > len(content):
            return
        yield content[start : start + size]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protobuf message, numbers as their bytes on the wire; groups do not occur here."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == 0:
            start = at
            _, at = _varint(message, at)
        elif key & 7 == 2:
            size, start = _varint(message, at)
            at = start + size
        else:
            start, at = at, at + {1: 8, 5: 4}[key & 7]
        yield key >> 3, message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


# tensor.proto: a dtype's number, numpy's name for it, and the field of its values (packed).
_DTYPES = {1: ("<f4", 5), 2: ("<f8", 6), 3: ("<i4", 7), 9: ("<i8", 10), 10: ("?", 11)}
_PACKED = {5: "<f4", 6: "<f8"}
_CONTENT = 4


def _tensor_text(tensor: dict[int, bytes]) -> str:
    """A tensor as numpy prints it, which is what Katib's collector reports; empty for one of no number."""
    import numpy as np

    dtype, field = _DTYPES.get(_number(tensor.get(1, b"\0")), ("", 0))
    if not dtype:
        return ""
    shape = [_number(dict(_fields(size)).get(1, b"\0")) for _, size in _fields(tensor.get(2, b""))]
    if _CONTENT in tensor:
        return str(np.frombuffer(tensor[_CONTENT], dtype).reshape(shape))
    packed = tensor.get(field, b"")
    values = np.frombuffer(packed, _PACKED[field]) if field in _PACKED else np.array(_varints(packed))
    return str(np.resize(values.astype(dtype), shape))


def _number(wire: bytes) -> int:
    return _varint(wire, 0)[0]


def _varints(packed: bytes) -> list[int]:
    """Signed 64-bit numbers, one after the other."""
    found, at = [], 0
    while at < len(packed):
        value, at = _varint(packed, at)
        found.append(value - (1 << 64) if value >> 63 else value)
    return found

# SPDX-License-Identifier: Apache-2.0
"""Just enough of protobuf to read event files: a message's fields, without copies, and a tensor as text.

Formats: https://protobuf.dev/programming-guides/encoding/, and TensorFlow's `tensor.proto` and
`tensor_shape.proto`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

_LONGEST_VARINT_BYTES = 10
_VARINT, _BYTES = 0, 2
_SIZES = {1: 8, 5: 4}

_DTYPE, _SHAPE, _CONTENT = 1, 2, 4
# A dtype's number, numpy's name for it, and the field of its values.
_DTYPES = {1: ("<f4", 5), 2: ("<f8", 6), 3: ("<i4", 7), 9: ("<i8", 10), 10: ("?", 11)}
_MOST_PRINTED = 1000
"""Values up to which numpy prints all of them."""
_MOST_VALUES = 1 << 27
"""A collector has 1 GiB of memory; a larger tensor does not fit."""
_MOST_DIMENSIONS = 32


def fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """A message's fields: each one's number, and its bytes on the wire.

    Raises:
        ValueError: The message is damaged, or has groups, which are long deprecated.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind, start = key & 7, at
        if kind == _VARINT:
            _, end = _varint(message, at)
        elif kind == _BYTES:
            size, start = _varint(message, at)
            end = start + size
        elif kind in _SIZES:
            end = start + _SIZES[kind]
        else:
            raise ValueError(f"wire type {kind}")
        if end > len(message):
            raise ValueError("a field goes beyond its message")
        yield key >> 3, message[start:end]
        at = end


def tensor_text(message: memoryview) -> str:
    """A tensor as the text that Katib's collector makes of it, `str(tf.make_ndarray(...))`.

    It is empty for a tensor that has no numeric type; only a single value is a number.

    Raises:
        ValueError: numpy cannot make the array.
    """
    dtype, shape, content = 0, memoryview(b""), memoryview(b"")
    packed = {key: bytearray() for _, key in _DTYPES.values()}
    for key, value in fields(message):
        if key == _DTYPE:
            dtype = _varint(value)[0]
        elif key == _SHAPE:
            shape = value
        elif key == _CONTENT:
            content = value
        elif key in packed:  # all values in one field, or each in one of its own
            packed[key] += value
    if dtype not in _DTYPES:
        return ""
    sizes = _sizes(shape)
    count = math.prod(sizes)
    if count > _MOST_PRINTED:
        return f"[{count} values]"
    name, key = _DTYPES[dtype]
    return str(_array(content, packed[key], name, count).reshape(sizes))


def _varint(message: memoryview, at: int = 0) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    if at < len(message) and message[at] < 0x80:
        return message[at], at + 1  # nearly all of them
    value = 0
    for offset, byte in enumerate(message[at : at + _LONGEST_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * offset
        if byte < 0x80:
            return value, at + offset + 1
    raise ValueError("a number without end")


def _signed(value: int) -> int:
    """A 64-bit number with its sign."""
    return value - (1 << 64) if value >> 63 else value


def _sizes(shape: memoryview) -> list[int]:
    """The length of each dimension."""
    sizes: list[int] = []
    for key, dimension in fields(shape):
        if key == 2:
            sizes.append(
                next((_signed(_varint(value)[0]) for key, value in fields(dimension) if key == 1), 0)
            )
        if len(sizes) > _MOST_DIMENSIONS:
            raise ValueError("a tensor has too many dimensions")
    if any(size < 0 for size in sizes) or math.prod(sizes) > _MOST_VALUES:
        raise ValueError(f"no tensor can be {' x '.join(map(str, sizes))} large")
    return sizes


def _array(content: memoryview, packed: bytearray, dtype: str, count: int) -> Any:
    """An array of `count` values: the last one fills in for missing ones, 0 if there is none."""
    import numpy as np

    if content:
        return np.frombuffer(content, dtype)
    if "f" in dtype:
        values = np.frombuffer(packed, dtype)
    else:
        values = np.array(_integers(packed, count)).astype(dtype)
    if not values.size:
        return np.zeros(count, dtype)
    return np.pad(values, (0, count - values.size), "edge")


def _integers(packed: bytearray, most: int) -> list[int]:
    found: list[int] = []
    at, view = 0, memoryview(packed)
    while at < len(view):
        if len(found) == most:
            raise ValueError("a tensor has more values than its shape")
        value, at = _varint(view, at)
        found.append(_signed(value))
    return found

# SPDX-License-Identifier: Apache-2.0
"""A tensor in an event file, as the text that Katib's collector makes of it: `str(tf.make_ndarray(...))`.

Format: `tensor.proto` and `tensor_shape.proto` of TensorFlow.
"""

from __future__ import annotations

import math
from typing import Any

from kfp_katib.trial.metrics.protobuf import fields, signed, varint

_DTYPE, _SHAPE, _CONTENT = 1, 2, 4
# A dtype's number, numpy's name for it, and the field of its values.
_DTYPES = {1: ("<f4", 5), 2: ("<f8", 6), 3: ("<i4", 7), 9: ("<i8", 10), 10: ("?", 11)}
_FLOATS = {5: "<f4", 6: "<f8"}
_MOST_PRINTED = 1000
"""Values up to which numpy prints all of them."""
_MOST_VALUES = 1 << 27
"""A collector has 1 GiB of memory; a larger tensor cannot be made in it."""
_MOST_DIMENSIONS = 32


def text(message: memoryview) -> str:
    """The tensor's text; empty for one of no number type. Only a single value is a number.

    Raises:
        ValueError: numpy cannot make the array.
    """
    dtype, shape, content = 0, memoryview(b""), memoryview(b"")
    packed = {key: bytearray() for _, key in _DTYPES.values()}
    for key, value in fields(message):
        if key == _DTYPE:
            dtype = varint(value)[0]
        elif key == _SHAPE:
            shape = value
        elif key == _CONTENT:
            content = value
        elif key in packed:  # all values in one field, or each in one of its own
            packed[key] += value
    if dtype not in _DTYPES:
        return ""
    name, key = _DTYPES[dtype]
    sizes = _sizes(shape)
    return _printed(content, packed[key], name, key, sizes)


def _sizes(shape: memoryview) -> list[int]:
    """The length of each dimension."""
    sizes: list[int] = []
    for key, dimension in fields(shape):
        if key == 2:
            sizes.append(next((signed(varint(value)[0]) for key, value in fields(dimension) if key == 1), 0))
        if len(sizes) > _MOST_DIMENSIONS:
            raise ValueError("a tensor has too many dimensions")
    if any(size < 0 for size in sizes) or math.prod(sizes) > _MOST_VALUES:
        raise ValueError(f"no tensor can be {' x '.join(map(str, sizes))} large")
    return sizes


def _printed(content: memoryview, packed: bytearray, dtype: str, key: int, sizes: list[int]) -> str:
    import numpy as np

    count = math.prod(sizes)
    if count > _MOST_PRINTED:
        return f"[{count} values]"
    if content:
        return str(np.frombuffer(content, dtype).reshape(sizes))
    values = np.frombuffer(packed, _FLOATS[key]) if key in _FLOATS else np.array(_integers(packed, count))
    return str(_filled(values.astype(dtype), count).reshape(sizes))


def _filled(values: Any, count: int) -> Any:
    """So many values: the last one stands for those that are missing, 0 for all of none."""
    import numpy as np

    if not values.size:
        return np.zeros(count, values.dtype)
    return np.pad(values, (0, count - values.size), "edge")


def _integers(packed: bytearray, most: int) -> list[int]:
    found: list[int] = []
    at, view = 0, memoryview(packed)
    while at < len(view):
        if len(found) == most:
            raise ValueError("a tensor has more values than its shape")
        value, at = varint(view, at)
        found.append(signed(value))
    return found

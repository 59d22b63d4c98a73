# SPDX-License-Identifier: Apache-2.0
"""Just enough of protobuf's wire format to read event files: fields, one after the other, nothing copied.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

_LONGEST_VARINT_BYTES = 10
_VARINT, _BYTES = 0, 2
_SIZES = {1: 8, 5: 4}


def fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """A message's fields: each one's number, and its bytes on the wire.

    Raises:
        ValueError: The message is damaged, or has groups, which are long deprecated.
    """
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        kind, start = key & 7, at
        if kind == _VARINT:
            _, end = varint(message, at)
        elif kind == _BYTES:
            size, start = varint(message, at)
            end = start + size
        elif kind in _SIZES:
            end = start + _SIZES[kind]
        else:
            raise ValueError(f"wire type {kind}")
        if end > len(message):
            raise ValueError("a field goes beyond its message")
        yield key >> 3, message[start:end]
        at = end


def varint(message: memoryview, at: int = 0) -> tuple[int, int]:
    """A number of variable length, and where it ends.

    Raises:
        ValueError: The number has no end.
    """
    if at < len(message) and message[at] < 0x80:
        return message[at], at + 1  # nearly all of them
    value = 0
    for offset, byte in enumerate(message[at : at + _LONGEST_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * offset
        if byte < 0x80:
            return value, at + offset + 1
    raise ValueError("a number without end")


def signed(value: int) -> int:
    """A 64-bit number with its sign."""
    return value - (1 << 64) if value >> 63 else value

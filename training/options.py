# SPDX-License-Identifier: Apache-2.0
"""Reads options that arrive as text or as numbers: from a command line, from Katib or from a pipeline.

Katib and Kubeflow Pipelines write whole numbers as ``64.0`` now and then; that is 64.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from training.errors import OptionError

T = TypeVar("T")


def whole(value: object, *, name: str, least: int = 0) -> int:
    """Read a whole number.

    Raises:
        OptionError: It is none, or it is below `least`.
    """
    read = number(value, name=name, least=float(least))
    if not read.is_integer():
        raise OptionError(f"{name} {value!r} is not a whole number.")
    return int(read)


def number(value: object, *, name: str, least: float | None = None, above: float | None = None) -> float:
    """Read a finite number.

    Raises:
        OptionError: It is none, is below `least`, or is not above `above`.
    """
    try:
        read = float(str(value))
    except ValueError:
        raise OptionError(f"{name} {value!r} is not a number.") from None
    if not math.isfinite(read):
        raise OptionError(f"{name} {value!r} is not a finite number.")
    if least is not None and read < least:
        raise OptionError(f"{name} {value!r} is below {least:g}.")
    if above is not None and read <= above:
        raise OptionError(f"{name} {value!r} is not above {above:g}.")
    return read


def texts(value: object, *, name: str) -> tuple[str, ...]:
    """Read a list, or text separated by commas.

    Raises:
        OptionError: It is empty.
    """
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, Sequence) else [value]
    read = tuple(str(part).strip() for part in parts)
    if not all(read) or not read:
        raise OptionError(f"{name} {value!r} has an empty entry. Separate the entries by commas.")
    return read


def numbers(value: object, *, name: str, above: float) -> tuple[float, ...]:
    """Read a list of numbers, or text separated by commas.

    Raises:
        OptionError: It is empty, or an entry is not a number above `above`.
    """
    return tuple(number(part, name=name, above=above) for part in texts(value, name=name))


def for_argparse(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse report an OptionError as it reports its own errors."""

    def convert(text: str) -> T:
        try:
            return read(text)
        except OptionError as err:
            raise argparse.ArgumentTypeError(str(err)) from err

    return convert

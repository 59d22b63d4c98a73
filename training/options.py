# SPDX-License-Identifier: Apache-2.0
"""Reads options that arrive as text or as numbers: from a command line, from Katib or from a pipeline.

Katib and Kubeflow Pipelines write whole numbers as ``64.0`` now and then; that is 64.
"""

from __future__ import annotations

import argparse
import difflib
import math
import re
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from training.errors import OptionError

T = TypeVar("T")

BYTES = {
    "": 1,
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
"""Units of sizes, Kubernetes' own (Mi, Gi) among them."""


def whole(value: object, *, name: str, least: int = 0) -> int:
    """Read a whole number.

    Raises:
        OptionError: It is none, or it is below `least`.
    """
    read = number(value, name=name, least=float(least))
    if not read.is_integer():
        raise OptionError(f"{name} {value!r} is not a whole number. Write one such as {math.ceil(read)}.")
    return int(read)


def number(value: object, *, name: str, least: float | None = None, above: float | None = None) -> float:
    """Read a finite number.

    Raises:
        OptionError: It is none, is below `least`, or is not above `above`.
    """
    try:
        read = float(str(value))
    except ValueError:
        raise OptionError(f"{name} {value!r} is not a number. Write one such as 64 or 1e-3.") from None
    if not math.isfinite(read):
        raise OptionError(f"{name} {value!r} is not a finite number. Write one such as 64 or 1e-3.")
    if least is not None and read < least:
        raise OptionError(f"{name} {value!r} is below {least:g}. Give {least:g} or more.")
    if above is not None and read <= above:
        raise OptionError(f"{name} {value!r} is not above {above:g}. Give a larger one.")
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


def wholes(value: object, *, name: str, least: int = 0) -> tuple[int, ...]:
    """Read a list of whole numbers, or text separated by commas.

    Raises:
        OptionError: It is empty, or an entry is not a whole number of at least `least`.
    """
    return tuple(whole(part, name=name, least=least) for part in texts(value, name=name))


def choice(value: object, *, name: str, among: Collection[str]) -> str:
    """Read one of a few words.

    Raises:
        OptionError: It is none of them.
    """
    word = str(value).strip()
    if word not in among:
        close = difflib.get_close_matches(word.lower(), among, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Use one of {', '.join(among)}."
        raise OptionError(f"{name} {value!r} is not known. {hint}")
    return word


def size(value: object, *, name: str, least: int = 1) -> int:
    """Read a number of bytes, such as ``2GiB``, ``500 MB`` or ``1048576``.

    Raises:
        OptionError: It is none, or it is below `least`.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*", str(value))
    if match is None or match[2] not in BYTES:
        raise OptionError(f"{name} {value!r} is not a size. Write one such as 500MB or 2GiB.")
    read = int(number(match[1], name=name) * BYTES[match[2]])
    if read < least:
        raise OptionError(f"{name} {value!r} is below {least} bytes. Give {least} or more.")
    return read


def for_argparse(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse report an OptionError as it reports its own errors."""

    def convert(text: str) -> T:
        try:
            return read(text)
        except OptionError as err:
            raise argparse.ArgumentTypeError(str(err)) from err

    return convert

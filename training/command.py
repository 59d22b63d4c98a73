# SPDX-License-Identifier: Apache-2.0
"""What the commands share: types for argparse's options, and how a command ends.

Katib and Kubeflow Pipelines write whole numbers as ``64.0`` now and then; that is 64.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from training.errors import Diverged, OptionError, TrainingError

T = TypeVar("T")

PREFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
PREFIXES |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
"""Of bytes; Kubernetes leaves the B of GiB out."""


def number(text: str, *, least: float = -math.inf, above: float = -math.inf) -> float:
    """Read a finite number.

    Raises:
        OptionError: It is none, is below `least`, or is not above `above`.
    """
    try:
        read = float(text)
    except ValueError:
        read = math.nan
    if not math.isfinite(read):
        raise OptionError(f"{text!r} is not a finite number. Write one such as 64 or 1e-3.")
    if read < least:
        raise OptionError(f"{text!r} is below {least:g}. Give {least:g} or more.")
    if read <= above:
        raise OptionError(f"{text!r} is not above {above:g}. Give a larger one.")
    return read


def whole(text: str, *, least: int = 0) -> int:
    """Read a whole number.

    Raises:
        OptionError: It is none, or it is below `least`.
    """
    read = number(text, least=least)
    if not read.is_integer():
        raise OptionError(f"{text!r} is not a whole number. Write one such as {math.ceil(read)}.")
    return int(read)


positive, count = partial(number, above=0.0), partial(whole, least=1)
"""Read a finite number above 0, and a whole one of 1 or more."""


def listed(text: str, *, of: Callable[[str], T]) -> tuple[T, ...]:
    """Read what is separated by commas.

    Raises:
        OptionError: An entry is empty, or is none of what is wanted.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise OptionError(f"{text!r} has an empty entry. Separate the entries by commas.")
    return tuple(of(part) for part in parts)


def size(text: str) -> int:
    """Read a number of bytes, such as ``2GiB``, ``500 MB`` or ``1048576``.

    Raises:
        OptionError: It is none, or it is below 1.
    """
    match = re.fullmatch(r"\s*([\d.]+(?:[eE][+-]?\d+)?)\s*(|[kMGT]|[KMGT]i)B?\s*", text)
    if match is None:
        raise OptionError(f"{text!r} is not a size. Write one such as 500MB or 2GiB.")
    return count(str(int(number(match[1]) * PREFIXES[match[2]])))


def answer(work: Callable[[], Mapping[str, object] | None]) -> int:
    """Do the work and print what it returns as JSON on stdout, or an error in one line.

    Returns:
        The exit code: 0; 1 where a training diverged; 2 where the user gave something that cannot be used,
        folders and disks included.
    """
    try:
        returned = work()
    except TrainingError as err:
        print(f"error: {err}", file=sys.stderr)
        return 1 if isinstance(err, Diverged) else 2
    except OSError as err:
        print(f"error: {err}. Check the path, its permissions and the space on its disk.", file=sys.stderr)
        return 2
    if returned is not None:
        print(json.dumps(returned, indent=2))
    return 0

# SPDX-License-Identifier: Apache-2.0
"""What whoever reads a message calls an argument: `--again` on the command line, `again=True` in Python.

The names are those of `RunOptions`, `render` and `override`; the command line says so for as long as one of
its verbs runs. A step of a pipeline has Python's names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_ELSEWHERE = {"warm_start": "--from"}
_FLAGS = ("again", "retry_failed")
_typed = False


@contextmanager
def on_the_command_line() -> Iterator[None]:
    """Until the end of the block, messages name options; also those of its threads."""
    global _typed
    before, _typed = _typed, True
    try:
        yield
    finally:
        _typed = before


def argument(name: str, value: object = None) -> str:
    """One argument, to type: with its value where one is given.

    Args:
        name: Its name in Python.
        value: What to give; for a flag nothing, to set it.
    """
    if _typed:
        option = _ELSEWHERE.get(name, f"--{name.replace('_', '-')}")
        return option if value is None else f"{option} {value}"
    if value is None:
        return f"{name}=True" if name in _FLAGS else name
    if name in _ELSEWHERE:  # what the command line finds by its name
        return f"{name}=the Result of {value}"
    return f"{name}={value if isinstance(value, int) else str(value)!r}"


def arguments(**values: object) -> str:
    """Several arguments, to type together."""
    return (" " if _typed else ", ").join(argument(name, value) for name, value in values.items())

# SPDX-License-Identifier: Apache-2.0
"""A step's arguments as they were sent, with kfp's changes on the way undone.

kfp.local starts a step with one command line, in which it replaces every `python3` with the path of its own
interpreter: the command to run, but also any inside the arguments' values. It also passes dictionaries as
protobuf Structs, whose numbers are all floating point; in a cluster whole numbers come out as integers.
"""

from __future__ import annotations

import sys
from typing import Any, TypeVar

from kfp_katib.errors import InputError

T = TypeVar("T")

_EXECUTOR = "kfp.dsl.executor_main"


def as_sent(value: T, command: list[str] | None = None) -> T:
    """The value with both changes undone, at any depth.

    Args:
        value: An argument as it arrived.
        command: The command that started this process, as it was typed.

    Returns:
        The value, with `python3` where kfp.local wrote its interpreter's path, and whole numbers as integers.
        Text that named this interpreter by its path now says `python3`, which is the same one.

    Raises:
        InputError: It is nested too deeply.
    """
    interpreter = substitute(sys.orig_argv if command is None else command)
    try:
        restored: T = _restored(value, interpreter)
    except RecursionError as err:
        raise InputError("An argument is nested deeper than any Kubernetes object. Flatten it.") from err
    return restored


def substitute(command: list[str]) -> str:
    """What kfp.local wrote for every `python3`; empty if nothing was replaced.

    A step is started as `python3 -m kfp.dsl.executor_main ...`, so the first word shows it: still
    `python3` in a cluster, the replacement itself under kfp.local.
    """
    started_by_kfp = _EXECUTOR in command[1:]
    return command[0] if started_by_kfp and command[0] != "python3" else ""


def _restored(value: Any, interpreter: str, *, inside: bool = False) -> Any:
    if isinstance(value, str):
        return value.replace(interpreter, "python3") if interpreter else value
    if isinstance(value, dict):
        return {
            _restored(key, interpreter): _restored(item, interpreter, inside=True)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_restored(item, interpreter, inside=True) for item in value]
    return int(value) if inside and isinstance(value, float) and value.is_integer() else value

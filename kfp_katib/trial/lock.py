# SPDX-License-Identifier: Apache-2.0
"""A file that one process at a time holds, with that process' id in it; free again however the process ends.

The system releases a `flock` with its last descriptor, also of a process that is killed, and a descriptor
opened here is not handed on to what the process starts.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

from kfp_katib.trial.plain_file import open_regular

_LONGEST_ID = 20


class Held(Exception):
    """Another process holds the file; the text is its id."""


def take(path: Path) -> int:
    """Take the file, which need not be there; returns the descriptor, by whose closing it is free again.

    Raises:
        Held: Another process has it.
        OSError: The system refused the file or the lock.
    """
    with ExitStack() as stack:
        lock = open_regular(path, os.O_RDWR | os.O_CREAT)
        stack.callback(os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise Held(os.pread(lock, _LONGEST_ID, 0).decode(errors="replace") or "unknown") from err
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        stack.pop_all()
    return lock


def holder(path: Path) -> int | None:
    """The id of the process that holds the file, None if none does.

    Raises:
        OSError: The system refused to look.
    """
    try:
        lock = open_regular(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who look do not see each other
    except BlockingIOError:
        return int(os.pread(lock, _LONGEST_ID, 0) or b"0") or None
    finally:
        os.close(lock)
    return None

# SPDX-License-Identifier: Apache-2.0
"""The journal's file: read once, line by line, then appended to; a line is written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.journal import Journal
from kfp_katib.errors import InputError, Unfinished
from kfp_katib.experiment.argument_names import argument
from kfp_katib.trial.plain_file import open_regular

if TYPE_CHECKING:
    from kfp_katib.engines.local.search.misfit import Misfit

Belongs = Callable[[Mapping[str, Any]], bool]
"""Whether the attributes of a journal are those of a search."""

MOST_BYTES = 2 * 1024 * 1024
"""The longest line. Ours hold a manifest or what a trial reported, which is far less."""


def open_journal(path: Path, *, belongs: Belongs, misfit: Misfit) -> Journal:
    """Open the journal of a search for reading and appending; without one, the first line creates it.

    A last line that was not written to its end is dropped.

    Args:
        path: The file, in a folder of the study's name.
        belongs: Whether a journal with these attributes is of the search that should go on. One of another
            search is read too.
        misfit: Says why a trial of the journal does not belong to that search.

    Raises:
        InputError: It is not a regular file, one of its lines is damaged, or a newer version wrote it.
    """
    try:
        os.close(open_regular(path, os.O_RDWR))
    except FileNotFoundError:
        return new_journal(path)
    except OSError as err:
        raise InputError(
            f"The journal {path} cannot be opened: {_words(err)}. Fix that, or start anew with "
            f"{argument('again')}."
        ) from err
    journal = Journal(path.parent.name, Appender(path).append)
    whole = _read(path, journal, belongs, misfit)
    try:
        _drop_torn_end(path, whole)
    except OSError as err:
        raise _unreadable(path, err) from err
    return journal


def new_journal(path: Path) -> Journal:
    """The journal of a new search, whatever is there; its first line creates the file."""
    return Journal(path.parent.name, Appender(path, creates=True).append)


def read_journal(path: Path) -> Journal:
    """Read a journal, even while another process writes it; nothing is changed.

    Raises:
        InputError: It cannot be read, one of its lines is damaged, or a newer version wrote it.
    """
    journal = Journal(RunFolder(path.parent).experiment)
    _read(path, journal, lambda _: False, lambda *_: "")
    return journal


def _read(path: Path, journal: Journal, belongs: Belongs, misfit: Misfit) -> int:
    """Read all lines; returns how many bytes are whole lines."""
    number = whole = 0
    try:
        if not path.stat().st_size:
            return 0
        # Imported here because it needs pydantic, and a new search should not wait for that.
        from kfp_katib.engines.local.journal_lines import Lines

        lines = Lines(journal, belongs, misfit)
        for text, is_last in _lines(path):
            number += 1
            if len(text) > MOST_BYTES:
                raise ValueError(f"it is longer than {MOST_BYTES // 2**20} MiB")
            if not text.endswith(b"\n") or not lines.take(text, may_be_torn=is_last):
                break
            whole += len(text)
    except OSError as err:
        raise _unreadable(path, err) from err
    except (ValueError, RecursionError) as err:
        raise _damaged(path, number, err) from err
    return whole


def _lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Each line, cut off if it is too long, and whether it is the last."""
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        while text := file.readline(MOST_BYTES + 1):
            yield text, not file.peek(1)


def _drop_torn_end(path: Path, whole: int) -> None:
    descriptor = open_regular(path, os.O_RDWR)
    try:
        if os.fstat(descriptor).st_size > whole:
            os.ftruncate(descriptor, whole)
    finally:
        os.close(descriptor)


class Appender:
    """Appends to the journal, for the one engine that may; `folder.open_folder` keeps others away.

    Optuna's own class syncs the disk after every record and takes a lock with a symbolic link, which costs
    20 ms a trial on an ordinary disk. Without the sync a killed process still loses nothing (a power failure
    may lose the last seconds), and without a lock none is left behind.

    Args:
        path: The file.
        creates: Whether the first line creates it.
    """

    def __init__(self, path: Path, *, creates: bool = False) -> None:
        self._path = path
        self._flags = os.O_WRONLY | os.O_APPEND | (os.O_CREAT if creates else 0)
        self._broken = ""

    def append(self, line: dict[str, Any]) -> None:
        """Append a line, or nothing.

        Raises:
            Unfinished: The system refuses it; nothing is written after that.
        """
        # Text that cannot be encoded, such as half a surrogate pair in a trial's output, becomes `?`.
        text = json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        if len(text) > MOST_BYTES:
            self._fail(f"a line is longer than {MOST_BYTES // 2**20} MiB and could not be read back")
        if self._broken:
            self._fail(self._broken)
        try:
            descriptor = open_regular(self._path, self._flags)
        except OSError as err:
            self._fail(_words(err), err)
        self._flags &= ~os.O_CREAT  # one that is deleted meanwhile does not come back half
        size = os.fstat(descriptor).st_size
        try:
            rest = memoryview(text)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as err:
            with contextlib.suppress(OSError):  # if it fails, the next start drops the torn line
                os.ftruncate(descriptor, size)
            self._fail(_words(err), err)
        finally:
            os.close(descriptor)

    def _fail(self, why: str, cause: OSError | None = None) -> NoReturn:
        self._broken = why
        raise Unfinished(
            f"The journal {self._path} cannot be written: {why}. What has finished is not lost: fix that, "
            "and run it again to go on where it stopped."
        ) from cause


def _unreadable(path: Path, err: OSError) -> InputError:
    return InputError(f"The journal {path} cannot be read: {err.strerror}. Fix that first.")


def _damaged(path: Path, line: int, why: object) -> InputError:
    before = f"keep only the {line - 1} lines before it, " if line > 1 else ""
    return InputError(
        f"The journal {path} is damaged, line {line} ({_short(why)}). Fix that line, {before}or start anew "
        f"with {argument('again')}."
    )


def _words(err: OSError) -> str:
    return err.strerror or str(err)


def _short(why: object) -> str:
    text = " ".join(str(why).split()).encode("utf-8", "replace").decode()
    return text if len(text) <= 200 else f"{text[:200]}..."

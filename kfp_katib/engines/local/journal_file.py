# SPDX-License-Identifier: Apache-2.0
"""The journal's file: read once, line by line, and appended to; a line is written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from optuna.storages.journal import BaseJournalBackend

from kfp_katib.engines.local.journal_lines import Lines
from kfp_katib.engines.local.journal_shapes import CREATE_TRIAL, MOST_BYTES, parse
from kfp_katib.errors import InputError, Unfinished
from kfp_katib.trial.plain_file import open_regular


class JournalFile(BaseJournalBackend):
    """The journal file, for one engine that appends to it; `folder.open_folder` keeps others away.

    Optuna's own class waits for the disk after every record and takes a lock by a symbolic link: 20 ms a
    trial on a plain disk. It also opens the file for every look at the study. A killed process loses nothing
    without the first (a machine without power may lose its last seconds), a lock that nobody takes is never
    left behind, and what this process has written it need not read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        """The line that was read last."""
        self.created: list[int] = []
        """The lines at which the trials stand that were read."""
        self._whole = 0  # the bytes of the lines that are good
        self._is_read = False
        self._fresh: list[dict[str, Any]] = []
        self._broken = ""
        _create(path)

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """What was not read before."""
        if not self._is_read:
            self._is_read = True
            yield from self._from_file()
        fresh, self._fresh = self._fresh, []
        yield from fresh

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append lines, or none of them.

        Raises:
            Unfinished: The system refuses it; from then on nothing is written any more.
        """
        # Text that no encoding takes, such as half of a surrogate pair out of a trial's output, becomes `?`.
        lines = [
            json.dumps(log, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            for log in logs
        ]
        if any(len(line) > MOST_BYTES for line in lines):
            self._fail(f"a line is longer than {MOST_BYTES // 2**20} MiB, and would not be read again")
        self._write(b"".join(lines))
        self._fresh += [json.loads(line) for line in lines]

    def drop_torn_end(self) -> None:
        """Cut what was not written to its end."""
        descriptor = open_regular(self.path, os.O_RDWR)
        try:
            if os.fstat(descriptor).st_size > self._whole:
                os.ftruncate(descriptor, self._whole)
        finally:
            os.close(descriptor)

    def _from_file(self) -> Iterator[dict[str, Any]]:
        lines = Lines(self.path.parent.name)
        with os.fdopen(open_regular(self.path, os.O_RDONLY), "rb") as file:
            while text := file.readline(MOST_BYTES + 1):
                self.line += 1
                if len(text) > MOST_BYTES:
                    raise ValueError(f"it is longer than {MOST_BYTES // 2**20} MiB")
                log = self._parsed(text, last=not file.peek(1))
                if log is None:
                    return
                lines.check(log, text)
                if log["op_code"] == CREATE_TRIAL:
                    self.created.append(self.line)
                self._whole += len(text)
                yield log

    def _parsed(self, text: bytes, *, last: bool) -> Any:
        """What a line holds, None where it is the last one and torn."""
        if not text.endswith(b"\n"):
            return None
        try:
            return parse(text)
        except ValueError:
            if last:
                return None
            raise

    def _write(self, data: bytes) -> None:
        if self._broken:
            self._fail(self._broken)
        try:
            descriptor = open_regular(self.path, os.O_WRONLY | os.O_APPEND)
        except OSError as err:
            self._fail(_words(err), err)
        size = os.fstat(descriptor).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as err:
            with contextlib.suppress(OSError):  # then the next start drops it
                os.ftruncate(descriptor, size)
            self._fail(_words(err), err)
        finally:
            os.close(descriptor)

    def _fail(self, why: str, cause: OSError | None = None) -> NoReturn:
        self._broken = why
        raise Unfinished(
            f"The journal {self.path} cannot be written: {why}. What has finished is not lost: mend that, "
            "and run it again to go on where it stopped."
        ) from cause


def damaged(path: Path, line: int, why: object) -> InputError:
    """The error that names a damaged line."""
    before = f"keep only the {line - 1} lines before it, " if line > 1 else ""
    return InputError(
        f"The journal {path} is damaged, line {line} ({_short(why)}). Mend that line, {before}or start anew "
        "with again=True (--again)."
    )


def _create(path: Path) -> None:
    try:
        os.close(open_regular(path, os.O_RDWR | os.O_CREAT))
    except OSError as err:
        raise InputError(
            f"The journal {path} cannot be opened: {_words(err)}. Mend that, or start anew with again=True "
            "(--again)."
        ) from err


def _words(err: OSError) -> str:
    return err.strerror or str(err)


def _short(why: object) -> str:
    text = " ".join(str(why).split()).encode("utf-8", "replace").decode()
    return text if len(text) <= 200 else f"{text[:200]}..."

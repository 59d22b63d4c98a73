# SPDX-License-Identifier: Apache-2.0
"""One running trial: a subprocess in a session of its own, which leaves its exit status in a file.

The file is written by the trial's own wrapper, so that a trial which ends while no engine looks on is
still collected. The wrapper waits for a word from the engine before it runs anything: an engine that is
killed after it started the process, and before it recorded it, leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kfp_katib.local.plain_file import end_of
from kfp_katib.local.processes import Process, process

# The trap keeps the wrapper alive when the whole session gets SIGTERM: it has the status to write.
_WRAPPER = """read -r go || exit 125
trap : TERM
"$@" </dev/null
status=$?
echo $status >"$0"
exit $status"""
_KILLED_BY_SIGNAL = 128
_TAIL_LINES = 20
_TAIL_BYTES = 16_384
_MARK = re.compile(r"\d+\.pid")
_MARK_BYTES = 16
_STATUS = re.compile(rb"(\d{1,3})\n")
_STATUS_BYTES = 8


@dataclass(frozen=True, slots=True)
class TrialFolder:
    """The files of one trial.

    Attributes:
        path: `runs/<experiment>/<trial>`, absolute.
    """

    path: Path

    @property
    def log(self) -> Path:
        """What the trial wrote beside what the collector reads."""
        return self.path / "log"

    @property
    def metrics(self) -> Path:
        """The folder that stands for the volume of Katib's collector."""
        return self.path / "metrics"

    @property
    def exit_file(self) -> Path:
        """The exit status; absent while the trial runs."""
        return self.path / "exit"

    def exit_code(self) -> int | None:
        """The trial's exit code, None where it did not end by itself.

        A line without its end is torn, and anything but a status was not written by the wrapper.
        """
        found = _STATUS.fullmatch(end_of(self.exit_file, _STATUS_BYTES))
        return int(found[1]) if found else None

    def ended(self) -> datetime:
        """When the exit status was written; now, where that time is none."""
        try:
            return datetime.fromtimestamp(self.exit_file.stat().st_mtime, UTC)
        except (OSError, ValueError, OverflowError):
            return datetime.now(UTC)

    def marked(self) -> bool:
        """Whether the command line came to its end and left Katib's completion mark."""
        try:
            with os.scandir(self.metrics) as entries:
                marks = (Path(entry.path) for entry in entries if _MARK.fullmatch(entry.name))
                return any(end_of(mark, _MARK_BYTES).strip() == b"completed" for mark in marks)
        except OSError:
            return False

    def log_tail(self) -> str:
        """The last 20 lines that the trial wrote; the collected output is last, as it was written last."""
        lines = [*_last_lines(self.log), *_last_lines(self.metrics / "metrics.log")]
        return "\n".join(lines[-_TAIL_LINES:])

    def clear(self) -> None:
        """Empty the folder for a trial that begins."""
        try:
            self.path.mkdir()
        except FileExistsError:
            _remove(self.path)
            self.path.mkdir()
        self.metrics.mkdir()


def _remove(folder: Path) -> None:
    """Remove a trial's folder, which may be nested deeper than Python can follow."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        subprocess.run(["rm", "-rf", "--", str(folder)], check=True, capture_output=True)


def _last_lines(path: Path) -> list[str]:
    return end_of(path, _TAIL_BYTES).decode(errors="replace").splitlines()[-_TAIL_LINES:]


class TrialProcess:
    """A trial that runs. `go` lets it begin; `reap` closes it."""

    def __init__(self, folder: TrialFolder, argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> None:
        self.name = folder.path.name
        with folder.log.open("ab") as log:
            self._popen = subprocess.Popen(
                ["/bin/sh", "-c", _WRAPPER, str(folder.exit_file), *argv],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._leader = process(self._popen.pid) or Process(self._popen.pid, 0)

    @property
    def leader(self) -> Process:
        """The first process of the trial, as the journal records it."""
        return self._leader

    def go(self, ended: Callable[[], None]) -> None:
        """Let the trial run.

        Args:
            ended: Called in a thread of its own as soon as the trial has ended.
        """
        assert self._popen.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._popen.stdin as word:
            word.write(b"go\n")

        def wait() -> None:
            with contextlib.suppress(ChildProcessError):  # the search is being closed, and reaped it first
                os.waitid(os.P_PID, self._leader.pid, os.WEXITED | os.WNOWAIT)
                ended()

        threading.Thread(target=wait, name=f"trial {self._leader.pid}", daemon=True).start()

    def reap(self) -> int:
        """The exit code of a trial that has ended; what it left running in the background is killed.

        The process is reaped last: until then no other can get its id, so the signal hits no stranger.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._leader.pid, signal.SIGKILL)
        code = self._popen.wait()
        if self._popen.stdin:
            self._popen.stdin.close()
        return code if code >= 0 else _KILLED_BY_SIGNAL - code

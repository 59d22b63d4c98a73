# SPDX-License-Identifier: Apache-2.0
"""One running trial: a process in a session of its own, which leaves its exit status in a file.

The file is written by the trial's own wrapper, so that a trial which ends while no engine looks on is
still collected. The wrapper waits for a word from the engine before it runs anything: an engine that is
killed after it started the process, and before it recorded it, leaves nothing behind.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kfp_katib.engines.local.processes import MARK, Process, kill, mark, marked, process
from kfp_katib.engines.local.supervisor import Supervisor
from kfp_katib.trial.plain_file import end_of, make_folder, open_regular

# The trap keeps the wrapper alive when the whole session gets SIGTERM: it has the status to write.
_WRAPPER = """read -r go || exit 125
trap : TERM
"$@" </dev/null
status=$?
echo $status >"$0"
exit $status"""
_KILLED_BY_SIGNAL = 128
_STATUS = re.compile(rb"[0-9]{1,3}\n")
_TAIL_LINES = 20
_TAIL_BYTES = 16_384
_COMPLETED = re.compile(r"[0-9]+\.pid")
_COMPLETED_BYTES = 16


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
        """The trial's exit code, None where it did not end by itself. A line without its end is torn.

        What the wrapper did not write, the trial did: that is no exit status either.
        """
        if self.path.is_symlink():
            return None
        try:
            descriptor = open_regular(self.exit_file, os.O_RDONLY)
        except OSError:
            return None
        try:
            text = os.read(descriptor, 16)
        finally:
            os.close(descriptor)
        return int(text) if _STATUS.fullmatch(text) else None

    def ended(self) -> datetime:
        """When the exit status was written; now, where its file's time is no date."""
        try:
            return datetime.fromtimestamp(self.exit_file.stat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return datetime.now(UTC)

    def marked(self) -> bool:
        """Whether the command line came to its end and left Katib's completion mark."""
        try:
            with os.scandir(self.metrics) as entries:
                files = (Path(entry.path) for entry in entries if _COMPLETED.fullmatch(entry.name))
                return any(end_of(file, _COMPLETED_BYTES).strip() == b"completed" for file in files)
        except OSError:
            return False

    def log_tail(self) -> str:
        """The last 20 lines that the trial wrote; the collected output is last, as it was written last."""
        lines = [*_last_lines(self.log), *_last_lines(self.metrics / "metrics.log")]
        return "\n".join(lines[-_TAIL_LINES:])

    def clear(self) -> None:
        """Empty the folder for a trial that begins."""
        make_folder(self.path)
        self.metrics.mkdir()


def _last_lines(path: Path) -> list[str]:
    return end_of(path, _TAIL_BYTES).decode(errors="replace").splitlines()[-_TAIL_LINES:]


class TrialProcess:
    """A trial that runs. `go` lets it begin; `reap` closes it."""

    def __init__(
        self,
        supervisor: Supervisor,
        folder: TrialFolder,
        argv: tuple[str, ...],
        cwd: Path,
        env: Mapping[str, str],
    ) -> None:
        self.name = folder.path.name
        self._mark = mark(folder.path.parent, self.name)
        self.refused: OSError | None = None
        """Why the system would not run it, known when it is reaped."""
        self._supervisor = supervisor
        wrapped = ["/bin/sh", "-c", _WRAPPER, str(folder.exit_file), *argv]
        folder.log.touch()  # there from the start, for whoever looks on
        marked = {**env, MARK: self._mark}
        self._started = supervisor.start(wrapped, log=folder.log, cwd=cwd, env=marked)
        self._leader = process(self._started.pid) or Process(self._started.pid, 0)

    @property
    def leader(self) -> Process:
        """The first process of the trial, as the journal records it."""
        return self._leader

    def go(self, ended: Callable[[], None]) -> None:
        """Let the trial run.

        Args:
            ended: Called in another thread as soon as the trial has ended.
        """
        self._started.ended.add_done_callback(lambda _: ended())
        self._supervisor.go(self._started)

    def reap(self) -> int:
        """The exit code of a trial that has ended; nothing that it started is left running."""
        ended = self._started.ended.result()
        if ended and ended.error:
            self.refused = OSError(ended.error, os.strerror(ended.error))
        if ended is None or not ended.swept:
            kill([self._leader], known=marked(self._mark))
        return ended.code if ended else _KILLED_BY_SIGNAL + signal.SIGKILL

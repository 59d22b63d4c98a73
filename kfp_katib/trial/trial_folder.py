# SPDX-License-Identifier: Apache-2.0
"""The folder of one trial: its log, what its metrics collector reads, and how it ended.

log         what it wrote apart from what the collector reads
metrics/    in place of the volume that Katib mounts for the collector
checkpoint/ in place of the one for population based training
exit        the exit status, which only the local engine keeps
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kfp_katib.trial.plain_file import end_of, make_folder, open_regular

_STATUS = re.compile(rb"[0-9]{1,3}\n")
_TAIL_LINES = 20
_TAIL_BYTES = 16_384
_COMPLETED = re.compile(r"[0-9]+\.pid")
_COMPLETED_BYTES = 16


@dataclass(frozen=True, slots=True)
class TrialFolder:
    """The files of one trial.

    Attributes:
        path: An absolute path that ends in the trial's name.
    """

    path: Path

    @property
    def log(self) -> Path:
        """What the trial wrote apart from what the collector reads."""
        return self.path / "log"

    @property
    def metrics(self) -> Path:
        """The folder that takes the place of the volume of Katib's collector."""
        return self.path / "metrics"

    @property
    def checkpoint(self) -> Path:
        """The folder that takes the place of the volume of Katib's population based training."""
        return self.path / "checkpoint"

    @property
    def exit_file(self) -> Path:
        """The exit status; absent while the trial runs."""
        return self.path / "exit"

    def exit_code(self) -> int | None:
        """The trial's exit code, None if it did not end by itself.

        An incomplete line, or anything that the wrapper would not write, is not an exit status.
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
        """When the exit status was written; the current time if its file's time is not a valid date."""
        try:
            return datetime.fromtimestamp(self.exit_file.stat().st_mtime, UTC)
        except (OSError, OverflowError, ValueError):
            return datetime.now(UTC)

    def marked(self) -> bool:
        """Whether the command line ran to its end and left Katib's completion mark."""
        try:
            with os.scandir(self.metrics) as entries:
                files = (Path(entry.path) for entry in entries if _COMPLETED.fullmatch(entry.name))
                return any(end_of(file, _COMPLETED_BYTES).strip() == b"completed" for file in files)
        except OSError:
            return False

    def log_tail(self) -> str:
        """The last 20 lines that the trial wrote, with the collected output at the end."""
        lines = [*_last_lines(self.log), *_last_lines(self.metrics / "metrics.log")]
        return "\n".join(lines[-_TAIL_LINES:])

    def clear(self) -> None:
        """Make an empty folder for a trial that is about to begin."""
        make_folder(self.path)
        self.metrics.mkdir()


def _last_lines(path: Path) -> list[str]:
    return end_of(path, _TAIL_BYTES).decode(errors="replace").splitlines()[-_TAIL_LINES:]

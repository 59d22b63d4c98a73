# SPDX-License-Identifier: Apache-2.0
"""What kfp.local prints, told shortly: which step runs, what it says, how long it took.

The whole transcript goes to a file; a step that fails is shown from its traceback on. An error of this
project's own says by itself what is wrong and what to do: it is shown without the traceback.
"""

import io
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from pipelines.screen import Screen

_COLOURS = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
_STARTED = re.compile(r"Executing task '(.+)'$")
_ENDED = re.compile(r"Task '(.+)' finished with status (\w+)$")
_SAID = re.compile(r"^\s*\[KFP Executor [\d\-:, ]+(\w+)\]: (.+)$")
_TRACEBACK = re.compile(r"\s*Traceback \(most recent call last\)")
_OUR_ERROR = re.compile(r"\s*kfp_katib\.errors\.\w+: (.+)$")
_NOT_TOLD = re.compile(
    r"Looking for component|Loading KFP component|Got executor_input|Wrote executor output"
)
_COUNTED = re.compile(r"\d+/\d+ trials|(\w+ )?\d+ of \d+\b")
_TRIAL = re.compile(r"(trial \S+ (\w+)\b.*)  \((\d+\S* trials?\b.*)\)$")
_STARTS = ("Created", "Pending", "Running")
_ENDS_WELL = ("Succeeded", "EarlyStopped")


class Transcript(io.TextIOBase):
    """A stream for kfp.local's output.

    Args:
        log: The file that gets everything, without colours.
        screen: The stream that gets what is worth reading.
    """

    def __init__(self, log: Path, screen: TextIO) -> None:
        self._log = log.open("w", encoding="utf-8", errors="backslashreplace")
        self._screen = Screen(screen, str(log))
        self._line = ""
        self._failing = False
        self._frames: list[str] = []  # a traceback whose exception is still to come
        self._opened = ExitStack()
        self._opened.enter_context(self._screen.open())

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def write(self, text: str) -> int:
        """Take some output; whole lines are told."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            plain = _COLOURS.sub("", line)
            self._log.write(f"{plain}\n")
            self._tell(plain.rstrip())
        return len(text)

    def flush(self) -> None:
        """Have the file as it is now."""
        if not self._log.closed:
            self._log.flush()

    def close(self) -> None:
        """Close the file; the screen stays open."""
        self._opened.close()
        if not self._log.closed:
            self._log.write(_COLOURS.sub("", self._line))
            self._log.close()
        super().close()

    def _tell(self, line: str) -> None:
        if started := _STARTED.search(line):
            self._failing = False
            self._screen.start(started[1])
        elif ended := _ENDED.search(line):
            self._failing = False
            self._screen.end("done" if ended[2] == "SUCCESS" else "FAILED")
        elif self._frames or _TRACEBACK.match(line):
            self._failing = True
            if whole := self._traceback(line):
                self._screen.tell(whole)
        elif said := _SAID.match(line):
            self._say(said[1], said[2])
        elif self._failing and line:
            self._screen.tell(line)

    def _say(self, level: str, text: str) -> None:
        """What the step says; how far it is, which changes, apart from what stays true."""
        if _NOT_TOLD.match(text):
            return
        line = f"   {text}" if level == "INFO" else f"   {level.lower()}: {text}"
        if trial := _TRIAL.match(text):
            if trial[2] not in (*_STARTS, *_ENDS_WELL):
                self._screen.tell(f"   {trial[1]}")
            self._screen.progress(f"   {trial[3]}", line if trial[2] in _ENDS_WELL else "")
        elif _COUNTED.match(text):
            self._screen.progress(line, line)
        else:
            self._screen.settle()
            self._screen.tell(line)

    def _traceback(self, line: str) -> str:
        """Nothing before the exception has come; then all of it, or of an error of ours its words."""
        if not self._frames or _margin(line) > _margin(self._frames[0]):
            self._frames.append(line)
            return ""
        frames, self._frames = self._frames, []
        ours = _OUR_ERROR.match(line)
        return f"   error: {ours[1]}" if ours else "\n".join([*frames, line])


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())

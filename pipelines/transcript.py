# SPDX-License-Identifier: Apache-2.0
"""What kfp.local prints, told shortly: which step runs, what it says, how long it took.

The whole transcript goes to a file; a step that fails is shown from its traceback on. An error of this
project's own says by itself what is wrong and what to do: it is shown without the traceback.
"""

import io
import os
import re
import sys
import time
from pathlib import Path
from typing import TextIO

_COLOURS = re.compile(r"\x1b\[\d+m")
_STARTED = re.compile(r"Executing task '(.+)'$")
_ENDED = re.compile(r"Task '(.+)' finished with status (\w+)$")
_SAID = re.compile(r"^\s*\[KFP Executor [\d\-:, ]+(\w+)\]: (.+)$")
_TRACEBACK = re.compile(r"\s*Traceback \(most recent call last\)")
_OUR_ERROR = re.compile(r"\s*kfp_katib\.errors\.\w+: (.+)$")
_NOT_TOLD = re.compile(
    r"Looking for component|Loading KFP component|Got executor_input|Wrote executor output|trial \S+: Running"
)


class Transcript(io.TextIOBase):
    """A stream for kfp.local's output.

    Args:
        log: The file that gets everything.
        screen: The stream that gets what is worth reading.
    """

    def __init__(self, log: Path, screen: TextIO) -> None:
        self._log = log.open("w")
        self._screen = screen
        self._line = ""
        self._started = time.monotonic()
        self._failing = False
        self._frames: list[str] = []  # a traceback whose exception is still to come

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def write(self, text: str) -> int:
        """Take some output; whole lines are told."""
        self._log.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if told := self._told(_COLOURS.sub("", line).rstrip()):
                self._tell(told)
        return len(text)

    def close(self) -> None:
        """Close the file; the screen stays open."""
        self._log.close()
        super().close()

    def _tell(self, told: str) -> None:
        if not show(told, self._screen):
            log = f"everything it prints is in {self._log.name}"
            print(f"Nobody reads this any more. The run goes on, {log}; Ctrl-C stops it.", file=sys.stderr)

    def _told(self, line: str) -> str:
        if started := _STARTED.search(line):
            self._started, self._failing = time.monotonic(), False
            return f"== {started[1]}"
        if ended := _ENDED.search(line):
            self._failing = False
            seconds = time.monotonic() - self._started
            return f"   {'done' if ended[2] == 'SUCCESS' else 'FAILED'} after {seconds:.1f} s"
        if self._frames or _TRACEBACK.match(line):
            self._failing = True
            return self._traceback(line)
        said = _SAID.match(line)
        if said and not _NOT_TOLD.match(said[2]):
            return f"   {said[2] if said[1] == 'INFO' else f'{said[1].lower()}: {said[2]}'}"
        return line if self._failing else ""

    def _traceback(self, line: str) -> str:
        """Nothing before the exception has come; then all of it, or of an error of ours its words."""
        if not self._frames or _margin(line) > _margin(self._frames[0]):
            self._frames.append(line)
            return ""
        frames, self._frames = self._frames, []
        ours = _OUR_ERROR.match(line)
        return f"   error: {ours[1]}" if ours else "\n".join([*frames, line])


def show(text: str, screen: TextIO) -> bool:
    """Write a line to a screen, which may be a pipe whose reader has seen enough (`| head`).

    Hours of trials are not given up for that: what is written from then on goes nowhere.

    Returns:
        False where the reader is found gone, once.
    """
    try:
        screen.write(f"{text}\n")
        screen.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, screen.fileno())  # else Python's own flush at the end fails as well
        os.close(nowhere)
        return False
    return True


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())

# SPDX-License-Identifier: Apache-2.0
"""Where a run on this machine is told: lines, and on a terminal below them what goes on now, with its time.

Without a terminal, or on one that cannot move its cursor (TERM=dumb), there are lines only, and after a
minute of silence one that says what still runs.
"""

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from kfp_katib.report.silence import Silence
from kfp_katib.results.brief import duration

SILENCE_SECONDS = 60.0
_STYLES = {"== ": "bold", "   warning: ": "yellow", "   error: ": "red", "   FAILED ": "red"}


class Screen:
    """A stream that a person reads, or a file.

    Args:
        stream: What is written to.
        where: Where everything else is, for a person whose pipe has ended.
    """

    def __init__(self, stream: TextIO, where: str) -> None:
        self._stream, self._where = stream, where
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._step, self._doing = "", ""
        self._started = time.monotonic()
        self._silence: Silence | None = None
        moves = self._console.is_terminal and not self._console.is_dumb_terminal
        self._live = _below(self._console, self._now) if moves else None

    @contextmanager
    def open(self) -> Iterator[None]:
        """Show what goes on while this is open."""
        with self._live or closing(Silence(self._still_running, SILENCE_SECONDS)) as silence:
            self._silence = silence if isinstance(silence, Silence) else None
            yield

    def start(self, step: str) -> None:
        """A step starts."""
        self._step, self._doing, self._started = step, "", time.monotonic()
        self.tell(f"== {step}")

    def progress(self, text: str, line: str) -> None:
        """How far the step is, and the line that says so where lines are all there is, if any."""
        self._doing = text
        if line and not self._live:
            self.tell(line)

    def settle(self) -> None:
        """Leave on the terminal how far the step had come before what it says next."""
        last, self._doing = self._doing, ""
        if self._live and last:
            self._live.refresh()  # it would show the same below until its next turn
            self.tell(last)

    def end(self, how: str) -> None:
        """A step has ended, one way or another."""
        self._step, seconds = "", time.monotonic() - self._started
        self.settle()
        self.tell(f"   {how} after {seconds:.1f} s")

    def tell(self, text: str) -> None:
        """Write some lines."""
        if self._silence:
            self._silence.begin()
        if self._live:
            style = next((style for start, style in _STYLES.items() if text.startswith(start)), "")
            self._console.print(Text(fitted(text, self._console.width), style), soft_wrap=True)
        elif not show(text, self._stream):
            rest = f"everything it prints is in {self._where}"
            print(f"Nobody reads this any more. The run goes on, {rest}; Ctrl-C stops it.", file=sys.stderr)

    def _now(self) -> Text:
        doing = self._doing.strip() or self._step
        shown = f"   {doing} ({self._since()})" if doing else ""
        return Text(shown, "dim", no_wrap=True, overflow="ellipsis")

    def _still_running(self) -> None:
        if self._step:
            self.tell(f"   {self._step} has been running for {self._since()}")

    def _since(self) -> str:
        return duration(float(int(time.monotonic() - self._started)))


def _below(console: Console, now: Callable[[], Text]) -> Live:
    """A line below everything else. What is printed meanwhile is printed here, so nothing is redirected."""
    return Live(
        console=console,
        get_renderable=now,
        transient=True,
        refresh_per_second=2,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def fitted(text: str, columns: int, indent: int = 5) -> str:
    """One line as several that fit, broken between words alone, so that a path can be copied."""
    if len(text) <= columns or "\n" in text:
        return text
    start = text[: len(text) - len(text.lstrip())]
    return textwrap.fill(
        text.strip(),
        columns,
        initial_indent=start,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def listed(lines: Mapping[str, str], stream: TextIO) -> str:
    """Names and what they mean, one below the other; on a terminal as wide as it is."""
    indent = max(map(len, lines)) + 2
    whole = [f"{name + ':':<{indent}}{text}" for name, text in lines.items()]
    columns = Console(file=stream).width if stream.isatty() else 0
    return "\n".join(fitted(line, columns, indent) if columns else line for line in whole)


def show(text: str, stream: TextIO) -> bool:
    """Write a line to a stream, which may be a pipe whose reader has seen enough (`| head`).

    Hours of trials are not given up for that: what is written from then on goes nowhere.

    Returns:
        False where the reader is found gone, once.
    """
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # else Python's own flush at the end fails as well
        os.close(nowhere)
        return False
    return True

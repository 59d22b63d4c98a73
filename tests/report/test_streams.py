# SPDX-License-Identifier: Apache-2.0
"""Streams whose reader is gone, and terminals whose lower lines are drawn anew."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.report.streams import Above, patient
from tests.support.terminal import Screen


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        """As the system says it."""
        raise OSError(5, "Input/output error")

    def flush(self) -> None:
        """As the system says it."""
        raise OSError(5, "Input/output error")


def test_a_stream_that_nobody_reads_takes_everything() -> None:
    """A terminal that is gone, a pipe whose reader is, a file that was closed."""
    reader, writer = os.pipe()
    os.close(reader)
    closed = io.StringIO()
    closed.close()
    with open(writer, "w", closefd=False) as pipe:
        for stream in (Gone(), pipe, closed):
            patient(stream).write("x" * 100_000)
            patient(stream).flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)


def test_a_stream_that_is_read_gets_everything() -> None:
    """And is what it is otherwise."""
    stream = Screen()
    assert patient(stream).write("some") == 4
    assert stream.getvalue() == "some"
    assert patient(stream).isatty()


@pytest.fixture
def logged() -> Iterator[logging.StreamHandler[Any]]:
    """A handler of Python's logging, whose stream a test sets."""
    handler = logging.StreamHandler[Any]()
    logging.root.addHandler(handler)
    yield handler
    logging.root.removeHandler(handler)


def placed(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A terminal that is stderr and stdout."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    return screen


def test_whatever_writes_to_the_terminal_is_handed_on(
    logged: logging.StreamHandler[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's logging, warnings of libraries, prints; line by line, and afterwards no longer."""
    terminal = placed(monkeypatch)
    logged.setStream(terminal)
    said: list[str] = []
    above = Above(terminal, said.append)
    above.begin()
    logging.getLogger("some.library").warning("careful")
    print("half ", end="", file=sys.stderr)
    print("a line", file=sys.stderr)
    print("printed")
    above.end()
    print("after")
    logging.getLogger("some.library").warning("careful again")
    assert said == ["careful", "half a line", "printed"]
    assert terminal.getvalue() == "after\ncareful again\n"


def test_what_is_piped_away_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may read stdout."""
    terminal = placed(monkeypatch)
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stdout", piped)
    above = Above(terminal, pytest.fail)
    above.begin()
    print("data")
    above.end()
    assert piped.getvalue() == "data\n"


def test_somebody_elses_stream_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who replaces stderr meanwhile keeps theirs."""
    terminal = placed(monkeypatch)
    above = Above(terminal, pytest.fail)
    above.begin()
    other = io.StringIO()
    monkeypatch.setattr(sys, "stderr", other)
    above.end()
    assert sys.stderr is other
    assert sys.stdout is terminal


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", ["a", "b"]),
        ("10 %\r50 %\r100 %\n", ["100 %"]),
        ("10 %\r50 %\r", ["50 %"]),
        ("dos\r\n", ["dos"]),
        ("no end", ["no end"]),
    ],
    ids=["lines", "bar", "open bar", "dos", "no end"],
)
def test_lines_arrive_whole(text: str, lines: list[str]) -> None:
    """Of a progress bar what it shows in the end; what has no end comes at the end."""
    said: list[str] = []
    above = Above(Screen(), said.append)
    for sign in text:
        above.write(sign)
    above.end()
    assert said == lines


def test_it_passes_for_the_terminal() -> None:
    """Libraries ask it."""
    with Path(os.devnull).open("w") as stream:
        above = Above(stream, print)
        assert above.isatty() is stream.isatty()
        assert above.fileno() == stream.fileno()
        assert above.encoding == stream.encoding

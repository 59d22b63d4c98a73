# SPDX-License-Identifier: Apache-2.0
"""What `kfp-katib run` shows while trials run: on a terminal, without one, for programs, or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.builders.search import manifest as searching
from tests.cli.commands import call, manifest, write
from tests.places import ROOT
from tests.support.terminal import shown

EPOCHS = "{ for i in 1 2 3 4 5; do echo loss=0.$i; sleep 0.6; done; echo loss=${trialParameters.lr}; }"
"""A training of three seconds that reports its loss five times."""


class Terminal:
    """A command on a terminal of its own.

    Args:
        arguments: Those of `kfp-katib`.
        folder: Where it is called.
        columns: How wide the terminal is.
        environment: Variables beside the usual ones.
    """

    def __init__(self, *arguments: str, folder: Path, columns: int = 100, **environment: str) -> None:
        self._master, end = pty.openpty()
        self.resize(columns)
        self.text = ""
        env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
        env |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment}
        streams: dict[str, Any] = {"stdin": end, "stdout": end, "stderr": end}
        command = [sys.executable, "-m", "kfp_katib", *arguments]
        self.process = subprocess.Popen(command, cwd=folder, env=env, start_new_session=True, **streams)
        os.close(end)

    def resize(self, columns: int) -> None:
        """Make it wider or narrower."""
        size = struct.pack("HHHH", 30, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def read(self, until: Callable[[str], object] = lambda _: False, seconds: float = 60) -> str:
        """All that was written by the time that it holds something, or that the command has ended."""
        deadline = time.monotonic() + seconds
        while not until(self.text):
            assert time.monotonic() < deadline, f"it never came: {self.text}"
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                self.text += os.read(self._master, 65536).decode()
            except OSError:  # the command has ended
                break
        return self.text

    def close(self) -> None:
        """End the command, and close the terminal."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@contextmanager
def terminal(*arguments: str, folder: Path, columns: int = 100, **environment: str) -> Iterator[Terminal]:
    """A terminal, which is closed at the end."""
    opened = Terminal(*arguments, folder=folder, columns=columns, **environment)
    try:
        yield opened
    finally:
        opened.close()


def epochs(folder: Path, **changes: Any) -> str:
    """The file of a search of three such trainings, two at a time."""
    usual: dict[str, Any] = {"maxTrialCount": 3, "parallelTrialCount": 2}
    (folder / "m.json").write_text(json.dumps(searching(EPOCHS, **(usual | changes))))
    return "m.json"


def test_a_terminal_shows_what_runs_and_what_it_reports(tmp_path: Path) -> None:
    """While it runs, the last metrics of each trial; afterwards only what stays, and the table."""
    with terminal("run", epochs(tmp_path), folder=tmp_path) as screen:
        read = screen.read(lambda text: re.search(r" s +[2-5] +0\.[2-5] ", shown(text, 100)[-1]))
        running = shown(read, 100)
        ended = shown(screen.read(), 100)
        code = screen.process.wait()
    table = running[next(number for number, line in enumerate(running) if line.startswith("running")) :]
    assert table[0].split() == ["running", "time", "step", "loss", "lr"]
    assert len(table) == 3
    assert "0/3 trials, 2 running" in "\n".join(running)
    assert code == 0
    assert not [line for line in ended if line.startswith("running")]
    assert next(line for line in ended if "in all" in line).startswith("3/3 trials, best loss=0.1, ")
    assert [line.split()[0] for line in ended if " Succeeded " in line] == ["1", "2", "3"]


def test_a_terminal_that_changes_its_size_is_drawn_in_the_new_one(tmp_path: Path) -> None:
    """No line is longer than it is wide."""
    with terminal("run", epochs(tmp_path), folder=tmp_path) as screen:
        screen.read(lambda text: "running, 1 s so far" in text)
        begun = len(screen.text)
        screen.resize(40)
        screen.read(lambda text: "running, 3 s so" in text[begun:])
        drawn = screen.text[screen.text.index("running, 2 s so", begun) :]
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", drawn))
    assert max(map(len, lines[1:])) <= 40


def test_ctrl_c_leaves_the_terminal_clean(tmp_path: Path) -> None:
    """The region is gone, the cursor and the colours are as before; what there is stands there."""
    with terminal("run", epochs(tmp_path), folder=tmp_path) as screen:
        screen.read(lambda text: "running, 1 s so far" in text)
        screen.process.send_signal(signal.SIGINT)
        lines = shown(screen.read(), 100)
        code = screen.process.wait()
    assert code == 130
    assert "Error: Experiment 'tune' was interrupted" in "\n".join(lines[-4:])
    assert not [line for line in lines if line.startswith("running")]
    styles = re.findall(r"\x1b\[([0-9;]*)m", screen.text)
    assert styles[-1] in ("", "0")
    assert "\x1b[?25l" not in screen.text


def test_no_color_takes_the_colours_away(tmp_path: Path) -> None:
    """Of the region and of the table."""
    with terminal("run", epochs(tmp_path), folder=tmp_path, NO_COLOR="1") as screen:
        text = screen.read()
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text)


def test_the_log_stands_above_what_is_drawn(tmp_path: Path) -> None:
    """`-v` shows lines of Python's logging while trials run; each stays whole."""
    with terminal("run", epochs(tmp_path, maxTrialCount=2), "-v", folder=tmp_path) as screen:
        lines = shown(screen.read(), 100)
    logged = [line for line in lines if line.startswith("INFO kfp_katib.report")]
    assert [line.split()[4] for line in logged] == ["Running", "Running", "Succeeded", "Succeeded"]


def test_without_a_terminal_rich_is_not_loaded(tmp_path: Path) -> None:
    """Whoever pipes the output does not wait for it."""
    file = write(tmp_path, manifest("0.3"))
    code = (
        "import sys; from kfp_katib.cli import main\n"
        f"try: main(['run', {file!r}])\nfinally: print('rich' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stderr.splitlines()[-1] == "False"


def test_quiet_prints_only_the_end(tmp_path: Path) -> None:
    """Notes are a part of it; errors are said all the same."""
    called = call("run", write(tmp_path, manifest("0.3", "0.2")), "--quiet")
    assert called.stderr == ""
    assert "Note: Not used here" in called.stdout
    failed = call("run", write(tmp_path, manifest("fail")), "--quiet", "--again")
    assert "boom" in failed.stderr


def test_a_program_reads_events(tmp_path: Path) -> None:
    """One JSON object a line, and nothing else on stdout."""
    called = call("run", write(tmp_path, manifest("0.3", "fail")), "--json-lines")
    events = [json.loads(line) for line in called.stdout.splitlines()]
    kinds = [each["event"] for each in events]
    assert called.exit_code == 0
    assert (kinds[0], kinds[-1]) == ("started", "verdict")
    assert [each["state"] for each in events if each["event"] == "trial"] == [
        "Running",
        "Succeeded",
        "Running",
        "Failed",
    ]
    assert "note" in kinds
    assert events[-1]["best_hyperparameters"] == {"kind": "0.3"}
    assert "Experiment" not in called.stderr


def test_events_end_with_what_there_is(tmp_path: Path) -> None:
    """A search without a verdict was stopped; a finished one has only its verdict."""
    stopped = call("run", write(tmp_path, manifest("0.3", "hang")), "--json-lines", "--timeout-seconds", "2")
    last = json.loads(stopped.stdout.splitlines()[-1])
    assert (stopped.exit_code, last["event"], last["best_value"]) == (1, "stopped", 0.3)
    file = write(tmp_path, manifest("0.3"))
    call("run", file, "--again", "--quiet")
    (only,) = call("run", file, "--json-lines").stdout.splitlines()
    assert json.loads(only)["event"] == "verdict"


@pytest.mark.parametrize("other", ["--quiet", "--json"])
def test_ways_that_exclude_each_other_are_refused(other: str, tmp_path: Path) -> None:
    """Before anything runs."""
    called = call("run", write(tmp_path, manifest("0.3")), "--json-lines", other)
    assert called.exit_code == 2
    assert f"--json-lines and {other} exclude each other." in called.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("read", ["--json-lines | head -1", "2>&1 >/dev/null | head -1"])
def test_a_reader_that_goes_away_ends_no_search(read: str, tmp_path: Path) -> None:
    """`| head -1` is not a reason to lose the trials."""
    content = manifest("0.3", "0.2")
    content["metadata"].pop("namespace")
    file = write(tmp_path, content)
    command = f"{sys.executable} -m kfp_katib run {file} {read}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, shell=True, env=env, capture_output=True, check=True)
    assert "2 trials: 2 Succeeded" in call("run", file).stdout

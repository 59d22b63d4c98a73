# SPDX-License-Identifier: Apache-2.0
"""The engine's side of `supervise`, the program that starts the trials and ends what they leave behind.

A trial waits for a word from the engine before it runs anything, so an engine that is killed after it started
the process but before it recorded it leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from kfp_katib.trial.processes import KILLED_BY_SIGNAL, MARK, Process, kill, mark, marked, process
from kfp_katib.trial.trial_folder import TrialFolder

_PROGRAM = Path(__file__).with_name("supervise.py")
_STOP_SECONDS = 5.0
_OPTIONS: tuple[str, ...] = ()
"""Further options of the program; `--no-subreaper` imitates a system without subreapers."""


class TrialProcess:
    """A trial that waits for its word, or runs. `go` lets it begin; `reap` closes it.

    Args:
        name: The trial's name.
        leader: The first process of its session, as the journal records it.
        its_mark: The mark that its processes carry in their environment.
        go: Lets it run.
        end: How it ended; its result is None if the supervisor was lost.
    """

    def __init__(
        self,
        name: str,
        leader: Process,
        its_mark: str,
        go: Callable[[], None],
        end: Future[dict[str, Any] | None],
    ) -> None:
        self.name = name
        self.leader = leader
        self.refused: OSError | None = None
        """Why the system could not run it, set when it is reaped."""
        self.begin = go
        """Lets it run; any thread may call it."""
        self._mark = its_mark
        self._end = end

    def go(self, ended: Callable[[], None]) -> None:
        """Let the trial run.

        Args:
            ended: Called in another thread as soon as the trial has ended.
        """
        self.when_ended(ended)
        self.begin()

    def when_ended(self, ended: Callable[[], None]) -> None:
        """Call something, in another thread, as soon as the trial has ended."""
        self._end.add_done_callback(lambda _: ended())

    def reap(self) -> int:
        """Return the exit code of a trial that has ended; nothing that it started is left running."""
        end = self._end.result() or {"code": KILLED_BY_SIGNAL + signal.SIGKILL, "swept": False, "error": 0}
        if end["error"]:
            self.refused = OSError(end["error"], os.strerror(end["error"]))
        if not end["swept"]:
            kill([self.leader], known=marked(self._mark))
        return int(end["code"])


class Supervisor:
    """Starts processes through `supervise`. Closing it lets that program end.

    Args:
        lost: Called in another thread if the program ended before this was closed.
    """

    def __init__(self, lost: Callable[[], None] = lambda: None) -> None:
        spec = find_spec("psutil")
        assert spec is not None
        assert spec.origin is not None
        libraries = str(Path(spec.origin).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_PROGRAM), libraries, *_OPTIONS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # a thread waiting for a buffer's lock would delay the interpreter's exit
            start_new_session=True,
        )
        self._lost = lost
        self._closed = False
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._running: dict[int, Future[dict[str, Any] | None]] = {}
        self._next = 0
        self._sending = threading.Lock()
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    def start(
        self, files: TrialFolder, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]
    ) -> TrialProcess:
        """Start a trial in a session of its own.

        Args:
            files: Its folder; stdout and stderr are appended to the log there.
            argv: The program and its arguments.
            cwd: The folder in which it runs.
            env: Its whole environment, except for the mark.

        Raises:
            OSError: The system allows no more processes or open files, or the supervisor is gone.
        """
        key, self._next = self._next, self._next + 1
        its_mark = mark(files.path.parent, files.path.name)
        files.log.touch()  # there from the start, for anyone who follows it
        end = self._running[key] = Future[dict[str, Any] | None]()
        self._send(
            {
                "start": key,
                "argv": [_text(word) for word in argv],
                "log": _text(str(files.log)),
                "exit": _text(str(files.exit_file)),
                "cwd": _text(str(cwd)),
                "env": {_text(name): _text(value) for name, value in {**env, MARK: its_mark}.items()},
            }
        )
        answer = self._answers.get()
        if answer is None or "error" in answer:
            self._running.pop(key, None)
            if answer is None:
                raise ChildProcessError("the process that starts the trials was killed")
            raise OSError(answer["error"], os.strerror(answer["error"]))
        leader = process(answer["pid"]) or Process(answer["pid"], 0)
        return TrialProcess(files.path.name, leader, its_mark, lambda: self._send({"go": key}), end)

    def close(self) -> None:
        """Let the program end, which it does once none of its trials is running."""
        self._closed = True
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        rest = memoryview(json.dumps(request).encode() + b"\n")
        with self._sending, contextlib.suppress(BrokenPipeError):  # `_listen` reports it
            while rest:
                rest = rest[self._process.stdin.write(rest) :]

    def _listen(self) -> None:
        """Take the replies until there are no more."""
        assert self._process.stdout is not None
        rest = b""
        with self._process.stdout as replies:
            while data := replies.read(65_536):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
        self._take_end()

    def _take(self, reply: dict[str, Any]) -> None:
        if "ended" in reply:
            self._running.pop(reply["ended"]).set_result(reply)
        else:
            self._answers.put(reply)

    def _take_end(self) -> None:
        self._answers.put(None)
        if not self._closed:
            self._lost()
        while self._running:
            _, ended = self._running.popitem()
            ended.set_result(None)


def _text(word: str) -> str:
    """The bytes that the system gets, one character each, since JSON cannot hold bytes."""
    return os.fsencode(word).decode("latin-1")

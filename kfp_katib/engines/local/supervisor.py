# SPDX-License-Identifier: Apache-2.0
"""The engine's side of `supervise`, the process that starts the trials and ends what they leave behind."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

_PROGRAM = Path(__file__).with_name("supervise.py")
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a trial's first process ended.

    Attributes:
        code: Its exit code.
        swept: Whether what it left behind has been ended as well.
        error: Why the system would not run it, as `errno`; 0 where it ran.
    """

    code: int
    swept: bool
    error: int


@dataclass(frozen=True, slots=True)
class Started:
    """A process that waits for its word.

    Attributes:
        key: Its number among those of this supervisor.
        pid: Its process id.
        ended: Its end; None inside where the supervisor was lost.
    """

    key: int
    pid: int
    ended: Future[Ended | None]


class Supervisor:
    """Starts processes by way of `supervise`. Closing it lets that end.

    Args:
        lost: Called in a thread of its own where the supervisor ended before it was closed.
    """

    def __init__(self, lost: Callable[[], None] = lambda: None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # a thread that waits in a buffer's lock would hold up the interpreter's end
            start_new_session=True,
        )
        self._lost = lost
        self._closed = False
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._running: dict[int, Future[Ended | None]] = {}
        self._next = 0
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    def start(self, argv: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> Started:
        """Start a process in a session of its own; its stdin gives it the word `go`.

        Args:
            argv: The program's path, and its arguments.
            log: The file to which both of its streams are appended.
            cwd: The folder in which it runs.
            env: Its whole environment.

        Raises:
            OSError: The system has no process or no file left, or the supervisor is gone.
        """
        key, self._next = self._next, self._next + 1
        ended: Future[Ended | None] = Future()
        self._running[key] = ended
        words = {_text(name): _text(value) for name, value in env.items()}
        self._send(
            {
                "start": key,
                "argv": [_text(word) for word in argv],
                "log": _text(str(log)),
                "cwd": _text(str(cwd)),
                "env": words,
            }
        )
        answer = self._answers.get()
        if answer is None:
            self._running.pop(key, None)
            raise ChildProcessError("the process that starts the trials was killed")
        if "error" in answer:
            self._running.pop(key, None)
            raise OSError(answer["error"], os.strerror(answer["error"]))
        return Started(key, answer["pid"], ended)

    def go(self, started: Started) -> None:
        """Give a process its word."""
        self._send({"go": started.key})

    def close(self) -> None:
        """Let the supervisor end; it does as soon as no process of it runs any more."""
        self._closed = True
        self._send({"stop": True})
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        rest = memoryview(json.dumps(request).encode() + b"\n")
        with contextlib.suppress(BrokenPipeError):  # `_listen` says so
            while rest:
                rest = rest[self._process.stdin.write(rest) :]

    def _listen(self) -> None:
        """Take the replies, to the end of them."""
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
            self._running.pop(reply["ended"]).set_result(Ended(reply["code"], reply["swept"], reply["error"]))
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
    """Bytes as the system gets them, one character each: JSON has no other way to hold them."""
    return os.fsencode(word).decode("latin-1")

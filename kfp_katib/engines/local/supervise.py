# SPDX-License-Identifier: Apache-2.0
"""A program: starts the trials of one search, and ends all that a trial left behind when it has ended.

An orphan's new parent is the nearest ancestor that asked for it (PR_SET_CHILD_SUBREAPER, prctl(2)). A
trial's first process asks while the trial runs, and this one when that is gone: whatever is a child of ours
and no trial is left over, whether it is a daemon or has a session of its own. It is a process of its own,
because the caller's may have other children, which are none of our business.

It outlives an engine that is killed, until the last trial has ended. It imports little, to start at once
(`python -I -S`). Requests and replies are lines of JSON; texts hold bytes as Latin-1.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER in <linux/prctl.h>
_KILLED_BY_SIGNAL = 128
_SWEEP_SECONDS = 2.0
# Handled, not ignored: a program that is started has the usual handlers again, and ignores what was ignored.
_SPARED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def prctl() -> Callable[[], bool]:
    """What makes its caller a subreaper, and says whether the system has that."""
    try:
        import ctypes

        call = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return lambda: False
    return lambda: call(_SUBREAPER, 1, 0, 0, 0) == 0


class Supervisor:
    """The trials that run, by their pids."""

    def __init__(self) -> None:
        self._become_subreaper = prctl()
        self._sweeps = self._become_subreaper()
        for number in _SPARED:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, _go_on)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # ignored by Python
            signal.signal(number, _go_on)
        self._trials: dict[int, int] = {}
        self._words: dict[int, int] = {}
        self._failures: dict[int, int] = {}
        self._stopped = False

    def run(self) -> None:
        """Serve requests until there are no more and every trial has ended."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _go_on)
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(woken, select.POLLIN)
        rest = b""
        while not self._stopped or self._trials:
            for source, _ in poll.poll():
                data = os.read(source, 65_536)
                if source == 0 and not data:
                    poll.unregister(0)
                    self._stop()
                elif source == 0:
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        self._serve(json.loads(line))
            self._reap()

    def _serve(self, request: dict[str, Any]) -> None:
        if "start" in request:
            try:
                _reply(self._start(request))
            except OSError as err:  # no process or no file more is allowed
                _reply({"failed": request["start"], "error": err.errno})
        elif "go" in request:
            word = self._words.pop(request["go"])
            with contextlib.suppress(BrokenPipeError):
                os.write(word, b"go\n")
            os.close(word)
        else:
            self._stop()

    def _stop(self) -> None:
        """No more requests: a trial that waits for its word never gets it."""
        self._stopped = True
        for word in self._words.values():
            os.close(word)
        self._words.clear()

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        waits, word = os.pipe()
        failed, failure = os.pipe()
        env = {_bytes(name): _bytes(value) for name, value in request["env"].items()}
        argv = [_bytes(word) for word in request["argv"]]
        log, cwd = _bytes(request["log"]), _bytes(request["cwd"])
        pid = os.fork()
        if pid == 0:  # as little as possible: each page that it touches is copied
            self._become(argv, env, log, cwd, waits, failure)
        os.close(waits)
        os.close(failure)
        self._trials[pid] = request["start"]
        self._words[request["start"]] = word
        self._failures[request["start"]] = failed
        return {"started": request["start"], "pid": pid}

    def _become(
        self, argv: list[bytes], env: dict[bytes, bytes], log: bytes, cwd: bytes, waits: int, failure: int
    ) -> NoReturn:
        """What the new process does: it becomes the trial."""
        try:
            os.setsid()
            if self._sweeps:
                self._become_subreaper()
            output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            os.dup2(waits, 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.chdir(cwd)
            os.execve(argv[0], argv, env)
        except OSError as err:
            os.write(failure, str(err.errno).encode())
        except ValueError:  # a NUL in an argument
            os.write(failure, str(errno.EINVAL).encode())
        finally:
            os._exit(127)

    def _reap(self) -> None:
        ended = []
        while (pid := _ended_child()) is not None:
            if pid in self._trials:  # not reaped yet: no other process can have its group's id
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            if pid in self._trials:
                ended.append((self._trials.pop(pid), os.waitstatus_to_exitcode(status)))
        if ended and self._sweeps:
            self._sweep()
        for key, code in ended:
            shown = code if code >= 0 else _KILLED_BY_SIGNAL - code
            _reply({"ended": key, "code": shown, "swept": self._sweeps, "error": self._forget(key)})

    def _forget(self, key: int) -> int:
        """Close what belonged to a trial; returns with which error it could not become one, 0 for none."""
        word = self._words.pop(key, None)
        if word is not None:  # it was ended before it got its word
            os.close(word)
        failed = self._failures.pop(key)
        error = os.read(failed, 16)
        os.close(failed)
        return int(error or 0)

    def _sweep(self) -> None:
        """Kill what trials left behind, and what that leaves behind."""
        deadline = time.monotonic() + _SWEEP_SECONDS
        while strays := _children() - set(self._trials):
            for pid in strays:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            for pid in strays:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > deadline:  # one that the kernel does not let go of
                return
            time.sleep(0.001)


def _go_on(*_: object) -> None:
    """Nothing."""


def _ended_child() -> int | None:
    """A child that has ended and waits to be reaped."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found else None


def _children() -> set[int]:
    """All our children; the kernel may be built without the list, then every process is asked."""
    own = os.getpid()
    try:
        with open(f"/proc/self/task/{own}/children") as file:  # noqa: PTH123 - pathlib costs 5 ms at start
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return {int(name) for name in os.listdir("/proc") if name.isdigit() and _parent(name) == own}  # noqa: PTH208


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return int(file.read().rpartition(b") ")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _reply(reply: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the engine is gone; the trials go on
        os.write(1, json.dumps(reply).encode() + b"\n")


if __name__ == "__main__":
    gc.disable()  # there is nothing to collect, and looking would touch every page
    Supervisor().run()
    os._exit(0)  # at once: there is nothing to tidy up

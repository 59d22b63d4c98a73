# SPDX-License-Identifier: Apache-2.0
"""A program that starts the trials of one search, and ends everything that an ended trial left behind.

Each trial has a keeper, a fork of this program that leads the trial's session: it waits for its word, writes
the exit status to a file, and ends what the trial left behind; of a trial that is asked to end only after a
while, since a shell dies of SIGTERM before its training has saved its state. Where it can adopt orphans
(Linux: PR_SET_CHILD_SUBREAPER, prctl(2)), they are its children, and those of a killed keeper are this
program's; elsewhere the engine looks for the trial's mark. A killed engine is outlived by its trials.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Set
from typing import Any, NoReturn

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER in <linux/prctl.h>
_NO_WORD, _NOT_RUN, _KILLED_BY_SIGNAL, _received = 125, 127, 128, set[int]()
_SWEEP_SECONDS, _ASKED_SECONDS = 2.0, 60.0  # an engine that is alive kills what was asked to end sooner
# Handled, not ignored: exec resets handled signals to their defaults, but ignored ones stay ignored.
_SPARED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_KEPT = (signal.SIGTERM,)  # what a keeper must not lose before it has a way of its own to end
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_GONE = contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError)


def subreaper() -> Callable[[], bool]:
    """A function that lets its caller adopt orphaned descendants, and returns whether the system can."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        if "--no-subreaper" not in sys.argv:
            import ctypes

            call = ctypes.CDLL(None).prctl
            return lambda: call(_SUBREAPER, 1, 0, 0, 0) == 0
    return lambda: False


class Supervisor:
    """The running trials: the numbers that the engine gave them, by the pids of their keepers."""

    def __init__(self) -> None:
        self._adopt = subreaper()
        self._sweeps = self._adopt()
        for number in (*_SPARED, *_IGNORED_BY_PYTHON):
            if number in _IGNORED_BY_PYTHON or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, _go_on)
        self._trials, self._words, self._reports = dict[int, int](), dict[int, int](), dict[int, int]()

    def run(self) -> None:
        """Serve requests until the input ends and every trial has ended."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _go_on)
        sources, rest = [0, woken], b""
        while 0 in sources or self._trials:
            for source in select.select(sources, [], [])[0]:
                data = os.read(source, 65_536)
                if source == 0:
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        self._serve(json.loads(line))
                if not data:
                    sources.remove(0)
                    while self._words:  # trials still waiting for their word never get it
                        os.close(self._words.popitem()[1])
                    with contextlib.suppress(Exception):  # an engine that was killed may have halted some
                        _send(signal.SIGCONT, _children(recursive=True) if self._trials else ())
            self._reap()

    def _serve(self, request: dict[str, Any]) -> None:
        if "start" in request:
            try:
                _reply(self._start(request))
            except OSError as err:  # no more processes or open files are allowed
                _reply({"failed": request["start"], "error": err.errno})
        else:
            gone = contextlib.suppress(BrokenPipeError, KeyError)  # it has ended, and may be reaped
            with gone, os.fdopen(self._words.pop(request["go"]), "wb", buffering=0) as word:
                word.write(b"go\n")

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        key = request["start"]
        waits, word = os.pipe()
        report, says = os.pipe()
        pid = _fork()
        if pid == 0:
            for other in (*self._words.values(), *self._reports.values(), word, report):
                os.close(other)
            keep(request, waits, says, self._adopt)
        os.close(waits)
        os.close(says)
        self._trials[pid], self._words[key], self._reports[key] = key, word, report
        return {"started": key, "pid": pid}

    def _reap(self) -> None:
        while (ended := _reaped_child()) and ended[0]:
            if ended[0] in self._trials:
                self._tell_end(self._trials.pop(ended[0]), _exit_code(ended[1]))

    def _tell_end(self, key: int, code: int) -> None:
        word = self._words.pop(key, None)
        if word is not None:  # it ended before it got its word
            os.close(word)
        report = self._reports.pop(key)
        said = os.read(report, 4096)
        os.close(report)
        found = json.loads(said) if said else {"swept": self._sweeps and end_strays(set(self._trials))}
        if found.pop("strays", False):
            with contextlib.suppress(Exception):
                _children()  # it imports psutil, which later keepers then inherit
        _reply({"error": 0, **found, "ended": key, "code": code})


def _fork() -> int:
    """Fork; in the child the signals that are kept stay blocked."""
    pid = -1
    signal.pthread_sigmask(signal.SIG_BLOCK, _KEPT)
    try:
        return (pid := os.fork())
    finally:
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _KEPT)


def keep(request: dict[str, Any], waits: int, says: int, adopt: Callable[[], bool]) -> NoReturn:
    """Run as a keeper: `waits` is the pipe its word comes from, `says` the one its report goes to."""
    code, report = _NOT_RUN, dict[str, Any]()
    try:
        signal.set_wakeup_fd(-1)
        _received.clear()
        on_term = signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _KEPT)
        os.setsid()
        adopts = adopt()
        output = os.open(_bytes(request["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        for source, target in ((waits, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        os.chdir(_bytes(request["cwd"]))
        if os.read(0, 3) == b"go\n":
            signal.signal(signal.SIGTERM, on_term)  # from here on it has an exit status to write
            code = _run(request)
            with contextlib.suppress(OSError):  # the disk is full, or the trial put something there
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
                os.write(os.open(_bytes(request["exit"]), flags, 0o666), f"{code}\n".encode())
            while (ended := _reaped_child()) and ended[0]:
                pass
            report = {"strays": ended is not None, "swept": adopts and (ended is None or end_strays())}
        else:
            code = _NO_WORD
    except (OSError, ValueError) as err:  # ValueError: a NUL in an argument
        report = {"swept": True, "error": getattr(err, "errno", errno.EINVAL)}
    finally:
        if report:
            os.write(says, json.dumps(report).encode())
        os._exit(code)


def _run(request: dict[str, Any]) -> int:
    """Run the trial in its own process group; returns its exit code, for a signal the one a shell gives."""
    argv = [_bytes(word) for word in request["argv"]]
    env = {_bytes(name): _bytes(value) for name, value in request["env"].items()}
    no_input = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    for folder in env.get(b"PATH", os.defpath.encode()).split(b":"):
        program = os.path.join(folder, argv[0])  # noqa: PTH118 - bytes
        if os.access(program, os.X_OK) and not os.path.isdir(program):  # noqa: PTH112
            return _wait(os.posix_spawn(program, argv, env, file_actions=[no_input], setpgroup=0))
    os.write(2, argv[0] + b": not found\n")
    return _NOT_RUN


def _wait(pid: int) -> int:
    while (ended := os.waitpid(-1, 0))[0] != pid:
        pass  # an adopted orphan
    until = time.monotonic() + _ASKED_SECONDS
    with _GONE:
        while signal.SIGTERM in _received and time.monotonic() < until:
            if _reaped_child() is None:  # nothing is left, unless orphans cannot be adopted here
                os.killpg(pid, 0)
            time.sleep(0.01)
        os.killpg(pid, signal.SIGKILL)
    return _exit_code(ended[1])


def end_strays(spared: Set[int] = frozenset()) -> bool:
    """Kill stray children and what they leave behind; returns whether all are gone."""
    deadline = time.monotonic() + _SWEEP_SECONDS  # a process may be stuck in the kernel
    with contextlib.suppress(Exception):  # if psutil fails, the engine looks itself
        while (strays := _children() - spared) and time.monotonic() <= deadline:
            _send(signal.SIGKILL, strays)
            for pid in strays:
                with _GONE:
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.001)
        return not strays
    return False


def _send(number: int, pids: Iterable[int]) -> None:
    for pid in pids:
        with _GONE:
            os.kill(pid, number)


def _go_on(number: int, _: object) -> None:
    """Only remember it: a handled signal does not end this program."""
    _received.add(number)


def _reaped_child() -> tuple[int, int] | None:
    """A child that has ended, and its status; zeros if none has, None if there is no child at all."""
    with _GONE:
        return os.waitpid(-1, os.WNOHANG)
    return None


def _children(*, recursive: bool = False) -> set[int]:
    """All children of this process, or all descendants; called only if needed, as it imports psutil."""
    if sys.argv[1] not in sys.path:
        sys.path.append(sys.argv[1])
    import psutil

    return {each.pid for each in psutil.Process().children(recursive)}


def _exit_code(status: int) -> int:
    return code if (code := os.waitstatus_to_exitcode(status)) >= 0 else _KILLED_BY_SIGNAL - code


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _reply(reply: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the engine is gone; the trials go on
        os.write(1, json.dumps(reply).encode() + b"\n")


if __name__ == "__main__":
    gc.disable()  # there is nothing to collect, and a collection would touch every page
    Supervisor().run()
    os._exit(0)  # at once: there is nothing to clean up

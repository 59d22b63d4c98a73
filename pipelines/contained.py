# SPDX-License-Identifier: Apache-2.0
"""What kfp.local's steps start and leave ends with the run: their processes, and the folders of their source.

The shell line that kfp gives a step makes a folder for the component's source with `mktemp -d`, and leaves it
there. And on Ctrl-C kfp waits a quarter of a second for its step, which has trials to end.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

PATIENCE_SECONDS = 60.0
"""How long a step may take to end its trials."""


@contextmanager
def contained() -> Iterator[None]:
    """While this is open, steps make their temporary files in a folder that goes, and SIGTERM is Ctrl-C."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP)}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for number in before:  # none that is ignored, as under nohup
        signal.signal(number, signal.default_int_handler)
    usual = os.environ.get("TMPDIR")
    try:
        with tempfile.TemporaryDirectory(prefix="kfp-katib-run-", ignore_cleanup_errors=True) as folder:
            os.environ["TMPDIR"] = folder
            try:
                yield
            finally:
                end_steps()
    finally:
        os.environ.pop("TMPDIR")
        os.environ |= {} if usual is None else {"TMPDIR": usual}
        for number, handler in before.items():
            signal.signal(number, handler)


def end_steps() -> None:
    """End the steps that still run, and wait until they have ended their trials.

    A search that was stopped already takes SIGHUP for the same request, a second SIGINT for an urgent one.
    Under nohup nobody hears SIGHUP: then it is SIGTERM, although that is urgent to one that heard Ctrl-C.
    """
    request = signal.SIGTERM if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else signal.SIGHUP
    running = _steps()
    if not running:
        return
    print("\nStopping what still runs; Ctrl-C again stops it at once.", file=sys.stderr)
    try:
        for process in running:
            with suppress(psutil.Error):
                process.send_signal(request)
        _, running = psutil.wait_procs(running, PATIENCE_SECONDS)
    finally:
        for process in {*running, *_steps()}:
            with suppress(psutil.Error):
                process.kill()


def _steps() -> list[psutil.Process]:
    """The shells that kfp has started, and each one's Python."""
    shells = psutil.Process().children()
    found = list(shells)
    for shell in shells:
        with suppress(psutil.Error):
            found += shell.children()
    return found

# SPDX-License-Identifier: Apache-2.0
"""Breaks a silence: does something again and again while nothing else has happened for some time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Silence:
    """Calls a function in a thread of its own. Closing it ends the thread.

    Args:
        broken: Called whenever nothing has happened for so long.
        seconds: For how long.
    """

    def __init__(self, broken: Callable[[], None], seconds: float) -> None:
        self._broken = broken
        self._seconds = seconds
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._since = time.monotonic()

    def begin(self) -> None:
        """Something has happened: the silence begins anew; the thread begins with the first."""
        self._since = time.monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._wait, name="kfp-katib progress", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread; one that waits for its reader is left behind."""
        self._closed.set()
        if self._thread and self._thread.is_alive():  # Ctrl-C may have come while it began
            self._thread.join(1)

    def _wait(self) -> None:
        while not self._closed.wait(max(self._since + self._seconds - time.monotonic(), 0.0)):
            if time.monotonic() >= self._since + self._seconds:
                self._since = time.monotonic()
                self._broken()

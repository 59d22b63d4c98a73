# SPDX-License-Identifier: Apache-2.0
"""The signals that stop what runs trials: the first one asks, the second one insists."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

_ASKED = (signal.SIGINT, signal.SIGTERM)
_SIGNALS = (*_ASKED, signal.SIGQUIT, signal.SIGHUP)


class Interrupts:
    """Handles Ctrl-C, SIGTERM, SIGQUIT and SIGHUP (the terminal was closed) while it is open.

    The first signal is to stop what runs, the second to kill what still does. Nothing is handled outside the
    main thread, where Python allows no handlers. An ignored SIGHUP or SIGQUIT stays ignored (`nohup`, a
    shell's background job), and a handler that is not Python's stays in place.

    Args:
        on_first: Called in the handler of the first signal; it must not block.
    """

    def __init__(self, on_first: Callable[[], None] = lambda: None) -> None:
        self._on_first = on_first
        self._before: dict[signal.Signals, Any] = {}
        self._count = 0

    @property
    def count(self) -> int:
        """How many signals have arrived."""
        return self._count

    def __enter__(self) -> Self:
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                before = signal.getsignal(number)
                if before is not None and (before != signal.SIG_IGN or number in _ASKED):
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the previous handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # The kernel and the shell may both report a closed terminal: that is not a second request.
        if number == signal.SIGHUP and self._count:
            return
        self._count += 1
        if self._count == 1:
            self._on_first()

# SPDX-License-Identifier: Apache-2.0
"""Threads that change a disk in turn, in an order drawn by chance, and one that dies on the way."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable


class Killed(BaseException):
    """The process ends here."""


class Turns:
    """Who makes the next change.

    Args:
        seed: Draws the order, so that a seed is one course of events.
        dies_at: The first thread ends before this change of its own; 0 for none.
    """

    def __init__(self, seed: int, dies_at: int) -> None:
        self._chance = random.Random(seed)
        self._dies_at = dies_at
        self._asked = threading.Condition()
        self._running: set[str] = set()
        self._waiting: set[str] = set()
        self._next = ""
        self._changes = 0

    @property
    def is_dead(self) -> bool:
        """Whether the thread that asks has been killed: it changes nothing any more."""
        return threading.current_thread().name == "0" and 0 < self._dies_at <= self._changes

    def change(self) -> None:
        """Wait for one's turn; other threads than those that are run here need not."""
        name = threading.current_thread().name
        if name not in self._running:
            return
        with self._asked:
            self._waiting.add(name)
            self._draw()
            if not self._asked.wait_for(lambda: self._next == name, timeout=60):
                raise TimeoutError(f"{name} never had its turn")
            self._next = ""
            self._waiting.discard(name)
        self._changes += name == "0"
        if self.is_dead:
            raise Killed

    def run(self, *works: Callable[[], object]) -> list[BaseException | None]:
        """Run them at once, and say how each ended."""
        ends: dict[str, BaseException | None] = {}
        threads = [
            threading.Thread(target=self._to_its_end, args=(work, ends), name=str(number))
            for number, work in enumerate(works)
        ]
        self._running = {thread.name for thread in threads}
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [ends[thread.name] for thread in threads]

    def _to_its_end(self, work: Callable[[], object], ends: dict[str, BaseException | None]) -> None:
        name = threading.current_thread().name
        ends[name] = None
        try:
            work()
        except BaseException as err:
            ends[name] = err
        with self._asked:
            self._running.discard(name)
            self._draw()

    def _draw(self) -> None:
        if self._running and not self._next and self._waiting == self._running:
            self._next = self._chance.choice(sorted(self._waiting))
            self._asked.notify_all()

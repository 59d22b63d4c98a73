# SPDX-License-Identifier: Apache-2.0
"""What a test lets through to a store's server, and what it has refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

_CHANGES = ("PUT", "POST", "PATCH", "DELETE")


@dataclass
class Gate:
    """Stands before a server, counts what would change something, and refuses what a test wants refused.

    Attributes:
        refuses: Whether the n-th change since `reset`, counted from 1, is refused; what follows it and
            changes nothing has its number too.
        count: How many changes were asked for since then.
    """

    refuses: Callable[[int], bool] = bool
    count: int = 0
    lock: Lock = field(default_factory=Lock)

    def reset(self, refuses: Callable[[int], bool] = lambda _: False) -> None:
        """Count anew, and refuse what is asked from now on."""
        with self.lock:
            self.count, self.refuses = 0, refuses

    def refused(self, method: str) -> bool:
        """Count one request by its HTTP method; whether it is refused."""
        with self.lock:
            self.count += method in _CHANGES
            return self.refuses(self.count)

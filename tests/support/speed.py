# SPDX-License-Identifier: Apache-2.0
"""How long something may take, on a machine that may have other work to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_WORK = 2_000_000
_USUAL_SECONDS = 0.03
"""What the work below takes where the bounds were measured: there an idle Python starts in 0.05 s. Where that
takes 0.085 s (Python 3.11, a Xeon of 2 GHz, nothing else to do), the work takes 0.052 s."""


def _slowness() -> float:
    """How many times longer than usual a fixed piece of work takes now, never less than 1.

    By the clock on the wall: who waits for the processor is slow, and so is who shares its core. The slowest
    of five counts, since what other work there is comes and goes.
    """
    return max(1.0, *(_seconds() / _USUAL_SECONDS for _ in range(5)))


def _seconds() -> float:
    began = time.perf_counter()
    sum(range(_WORK))
    return time.perf_counter() - began


def longer(took: float, than: float) -> bool:
    """Whether something took more seconds than it may on a machine with nothing else to do.

    For what computes all the time. Who waits for a clock waits as long on any machine.
    """
    return took >= than and took >= than * _slowness()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Hold what is done here to so many seconds of the processor, on a machine with nothing else to do."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    assert not longer(took, seconds), f"it took {took:.2f} s, not {seconds:g}"

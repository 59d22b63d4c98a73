# SPDX-License-Identifier: Apache-2.0
"""Bounds of time fail where something takes too long, and only there."""

from __future__ import annotations

import pytest

from tests.support import speed
from tests.support.speed import longer, within


def test_what_takes_too_long_fails() -> None:
    """With what it took; a machine would have to be hundreds of times slower to excuse this."""
    with (
        pytest.raises(AssertionError, match=r"it took \d+\.\d\d s, not 0\.001"),
        within(0.001),
    ):
        sum(range(20_000_000))


def test_a_slower_machine_gives_as_much_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of times, where the usual time of its work is a nanosecond."""
    monkeypatch.setattr(speed, "_USUAL_SECONDS", 1e-9)
    assert not longer(2, than=1)


def test_a_faster_machine_gives_no_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds are those of a usual one."""
    monkeypatch.setattr(speed, "_USUAL_SECONDS", 1e9)
    assert not longer(0.9, than=1)
    assert longer(1, than=1)

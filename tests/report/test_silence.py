# SPDX-License-Identifier: Apache-2.0
"""What is said while nothing happens."""

from __future__ import annotations

import threading

import pytest

from kfp_katib.report.silence import Silence


def test_a_silence_is_broken_again_and_again() -> None:
    """Until it is closed."""
    twice = threading.Semaphore(0)
    silence = Silence(twice.release, 0.01)
    silence.begin()
    assert twice.acquire(timeout=30)
    assert twice.acquire(timeout=30)
    silence.close()
    assert not [each for each in threading.enumerate() if each.name == "kfp-katib progress"]


def test_ctrl_c_while_it_begins_is_all_that_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread may not have started by then, and cannot be waited for."""

    def interrupted(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    silence = Silence(lambda: None, 60)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            silence.begin()
    silence.close()

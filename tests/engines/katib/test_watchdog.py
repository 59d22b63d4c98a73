# SPDX-License-Identifier: Apache-2.0
"""When a sign becomes a warning, and a warning the end."""

from __future__ import annotations

from kfp_katib.engines.katib.stall import Sign
from kfp_katib.engines.katib.watchdog import FLICKER_SECONDS, Watchdog

IMAGE = Sign("image", "p", "Back-off 10 s")


def test_a_sign_means_something_once_it_has_lasted() -> None:
    """What passes by itself within its grace is never said."""
    dog = Watchdog()
    assert dog.look([IMAGE], working=False, now=0) == []
    assert dog.look([IMAGE], working=False, now=9) == []
    assert dog.look([IMAGE], working=False, now=10) == [IMAGE]


def test_a_warning_is_given_once() -> None:
    """Also when its words change, as those of a back-off do."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    assert dog.unsaid(dog.look([IMAGE], working=False, now=10)) == [IMAGE]
    longer = Sign("image", "p", "Back-off 20 s")
    assert dog.unsaid(dog.look([longer], working=False, now=11)) == []


def test_a_sign_that_flickers_is_the_same_sign() -> None:
    """A container that crashes runs for moments in between."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    dog.look([], working=False, now=FLICKER_SECONDS)
    assert dog.look([IMAGE], working=False, now=FLICKER_SECONDS + 0.1) == [IMAGE]


def test_a_sign_that_comes_back_much_later_is_a_new_one() -> None:
    """It has its grace again, and is said again."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    dog.unsaid(dog.look([IMAGE], working=False, now=10))
    dog.look([], working=True, now=10 + FLICKER_SECONDS + 1)
    assert dog.look([IMAGE], working=False, now=100) == []
    assert dog.unsaid(dog.look([IMAGE], working=False, now=110)) == [IMAGE]


def test_idleness_counts_from_the_first_sight_of_what_blocks() -> None:
    """The time of grace is part of it."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    dog.look([IMAGE], working=False, now=10)
    assert dog.idle_seconds(600) == 600


def test_while_a_trial_computes_nothing_counts_as_idle() -> None:
    """One pod that cannot start is a warning as long as others run."""
    dog = Watchdog()
    for now in range(0, 1000, 10):
        dog.look([IMAGE], working=True, now=now)
    assert dog.idle_seconds(1000) == 0


def test_a_moment_of_work_does_not_reset_the_clock() -> None:
    """A crash loop looks like work between two crashes."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    dog.look([IMAGE], working=False, now=10)
    dog.look([IMAGE], working=True, now=20)
    assert dog.idle_seconds(25) == 25


def test_a_completed_trial_resets_the_clock() -> None:
    """Whatever blocks, it does not block everything."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    dog.look([IMAGE], working=False, now=10)
    dog.progress()
    assert dog.idle_seconds(20) == 0


def test_a_sign_further_on_is_another_sign() -> None:
    """On a busy Katib some suggestion always waits to become a trial, and none of them for long."""
    dog = Watchdog()
    seen = [
        dog.look([Sign("no-trial", "x", reached=now // 5)], working=True, now=now) for now in range(0, 200, 5)
    ]
    assert not any(seen)


def test_a_sign_that_reaches_no_further_is_said() -> None:
    """However far the search had come by then."""
    dog = Watchdog()
    dog.look([Sign("no-trial", "x", reached=7)], working=True, now=0)
    assert dog.look([Sign("no-trial", "x", reached=7)], working=True, now=30)


SILENT = Sign("unreachable", "pods", "connection refused")


def test_no_time_passes_while_the_server_is_silent() -> None:
    """What was seen before the silence must last on after it to mean something."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    for now in range(5, 100, 5):
        assert IMAGE not in dog.look([SILENT], working=False, now=now)
    assert dog.look([IMAGE], working=False, now=100) == []
    assert dog.look([IMAGE], working=False, now=105) == [IMAGE]


def test_a_warning_is_not_repeated_after_a_silence() -> None:
    """The sign is the same."""
    dog = Watchdog()
    dog.look([IMAGE], working=False, now=0)
    dog.unsaid(dog.look([IMAGE], working=False, now=10))
    for now in range(15, 100, 5):
        dog.look([SILENT], working=False, now=now)
    assert dog.unsaid(dog.look([IMAGE], working=False, now=101)) == []


def test_a_silence_that_lasts_is_itself_a_sign() -> None:
    """And counts as idle where no trial was computed when it began."""
    dog = Watchdog()
    for now in range(0, 100, 5):
        lasting = dog.look([SILENT], working=False, now=now)
    assert lasting == [SILENT]
    assert dog.idle_seconds(100) == 100


def test_one_sign_with_two_wordings_is_said_once() -> None:
    """Two containers of a pod that wait for one thing."""
    twice = [IMAGE, Sign("image", "p", "the other container")]
    dog = Watchdog()
    dog.look(twice, working=False, now=0)
    assert dog.unsaid(dog.look(twice, working=False, now=10)) == [twice[1]]

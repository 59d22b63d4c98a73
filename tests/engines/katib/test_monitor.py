# SPDX-License-Identifier: Apache-2.0
"""When a symptom becomes a warning, and a warning the end."""

from __future__ import annotations

from kfp_katib.engines.katib.diagnosis.monitor import FLICKER_SECONDS, History
from kfp_katib.engines.katib.diagnosis.stall import Symptom

IMAGE = Symptom("image", "p", "Back-off 10 s")


def news(history: History, lasting: list[Symptom]) -> list[Symptom]:
    """What is told now."""
    new = history.unsaid(lasting)
    history.mark_said(new)
    return new


def test_a_symptom_means_something_once_it_has_lasted() -> None:
    """What passes by itself within its grace is never said."""
    history = History()
    assert history.look([IMAGE], working=False, now=0) == []
    assert history.look([IMAGE], working=False, now=9) == []
    assert history.look([IMAGE], working=False, now=10) == [IMAGE]


def test_a_warning_is_given_once() -> None:
    """Also when its words change, as those of a back-off do."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    assert news(history, history.look([IMAGE], working=False, now=10)) == [IMAGE]
    longer = Symptom("image", "p", "Back-off 20 s")
    assert news(history, history.look([longer], working=False, now=11)) == []


def test_a_symptom_that_flickers_is_the_same_symptom() -> None:
    """A container that crashes runs for moments in between."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    history.look([], working=False, now=FLICKER_SECONDS)
    assert history.look([IMAGE], working=False, now=FLICKER_SECONDS + 0.1) == [IMAGE]


def test_a_symptom_that_comes_back_much_later_is_a_new_one() -> None:
    """It has its grace again, and is said again."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    news(history, history.look([IMAGE], working=False, now=10))
    history.look([], working=True, now=10 + FLICKER_SECONDS + 1)
    assert history.look([IMAGE], working=False, now=100) == []
    assert news(history, history.look([IMAGE], working=False, now=110)) == [IMAGE]


def test_idleness_counts_from_the_first_sight_of_what_blocks() -> None:
    """The time of grace is part of it."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    history.look([IMAGE], working=False, now=10)
    assert history.idle_seconds(600) == 600


def test_while_a_trial_computes_nothing_counts_as_idle() -> None:
    """One pod that cannot start is a warning as long as others run."""
    history = History()
    for now in range(0, 1000, 10):
        history.look([IMAGE], working=True, now=now)
    assert history.idle_seconds(1000) == 0


def test_a_moment_of_work_does_not_reset_the_clock() -> None:
    """A crash loop looks like work between two crashes."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    history.look([IMAGE], working=False, now=10)
    history.look([IMAGE], working=True, now=20)
    assert history.idle_seconds(25) == 25


def test_a_completed_trial_resets_the_clock() -> None:
    """Whatever blocks, it does not block everything."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    history.look([IMAGE], working=False, now=10)
    history.progress()
    assert history.idle_seconds(20) == 0


def test_a_symptom_further_on_is_another_symptom() -> None:
    """On a busy Katib some suggestion always waits to become a trial, and none of them for long."""
    history = History()
    seen = [
        history.look([Symptom("no-trial", "x", reached=now // 5)], working=True, now=now)
        for now in range(0, 200, 5)
    ]
    assert not any(seen)


def test_a_symptom_that_reaches_no_further_is_said() -> None:
    """However far the search had come by then."""
    history = History()
    history.look([Symptom("no-trial", "x", reached=7)], working=True, now=0)
    assert history.look([Symptom("no-trial", "x", reached=7)], working=True, now=30)


SILENT = Symptom("unreachable", "pods", "connection refused")


def test_no_time_passes_while_the_server_is_silent() -> None:
    """What was seen before the silence must last on after it to mean something."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    for now in range(5, 100, 5):
        assert IMAGE not in history.look([SILENT], working=False, now=now)
    assert history.look([IMAGE], working=False, now=100) == []
    assert history.look([IMAGE], working=False, now=105) == [IMAGE]


def test_a_warning_is_not_repeated_after_a_silence() -> None:
    """The symptom is the same."""
    history = History()
    history.look([IMAGE], working=False, now=0)
    news(history, history.look([IMAGE], working=False, now=10))
    for now in range(15, 100, 5):
        history.look([SILENT], working=False, now=now)
    assert news(history, history.look([IMAGE], working=False, now=101)) == []


def test_a_silence_that_lasts_is_itself_a_symptom() -> None:
    """And counts as idle where no trial was computed when it began."""
    history = History()
    for now in range(0, 100, 5):
        lasting = history.look([SILENT], working=False, now=now)
    assert lasting == [SILENT]
    assert history.idle_seconds(100) == 100


def test_one_symptom_with_two_wordings_is_said_once() -> None:
    """Two containers of a pod that wait for one thing."""
    twice = [IMAGE, Symptom("image", "p", "the other container")]
    history = History()
    history.look(twice, working=False, now=0)
    assert news(history, history.look(twice, working=False, now=10)) == [twice[1]]

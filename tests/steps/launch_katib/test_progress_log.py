# SPDX-License-Identifier: Apache-2.0
"""What a step's log says of how far its search is."""

from __future__ import annotations

import logging

import pytest

from kfp_katib.report import plain_lines
from kfp_katib.steps.launch_katib import progress_log
from tests.builders.progress import DONE, RUNNING, lasting, so_far
from tests.builders.result import bare_trial
from tests.support.waiting import until


def test_each_change_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """The trial, what became of it, and how far the search is with it."""
    with caplog.at_level(logging.INFO), progress_log() as told:
        told.update(so_far(RUNNING))
        told.update(so_far(DONE))
        told.update(so_far(DONE, bare_trial("b", "Running"), new=1))
    assert caplog.messages == [
        "trial a Running  (0/4 trials, 1 running)",
        "trial a Succeeded loss=0.5  (1/4 trials, best loss=0.5)",
        "trial b Running  (1/4 trials, 1 running, best loss=0.5)",
    ]


def test_a_search_that_is_adopted_promises_what_its_trials_took(caplog: pytest.LogCaptureFixture) -> None:
    """The launcher before had waited for hours; this one has just come."""
    done = lasting("a", 60), lasting("b", 60)
    with caplog.at_level(logging.INFO), progress_log() as told:
        told.update(so_far(*done, lasting("c", 60), budget=10, earlier=2))
    first, second = caplog.messages
    assert first == "Resuming where an earlier run stopped: 2 trials had completed."
    assert second.endswith("best loss=0.5, 4 h 0 min left)")


def test_what_the_engine_notes_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """The summary has it as well."""
    with caplog.at_level(logging.INFO), progress_log() as told:
        told.update(so_far(RUNNING, notes=("Not used here: image.",)))
        told.update(so_far(DONE, notes=("Not used here: image.",)))
    assert [line for line in caplog.messages if "image" in line] == ["Not used here: image."]


def test_a_long_trial_does_not_look_like_a_dead_step(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing changes a line comes every minute, until the search has ended."""
    monkeypatch.setattr(plain_lines, "EVERY_SECONDS", 0.05)
    with caplog.at_level(logging.INFO), progress_log() as told:
        told.update(so_far(RUNNING))
        until(lambda: len(caplog.messages) > 2)
    assert caplog.messages[2] == "0/4 trials, 1 running; running: a waits"

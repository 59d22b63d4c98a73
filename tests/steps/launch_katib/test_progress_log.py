# SPDX-License-Identifier: Apache-2.0
"""What a step's log says of how far its search is."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kfp_katib.steps.launch_katib import progress_log
from tests.builders.progress import DONE, RUNNING, lasting, so_far
from tests.builders.result import bare_trial


def test_each_completed_trial_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """And no other change is one."""
    update = progress_log()
    now = datetime.now(UTC) + timedelta(seconds=1)
    with caplog.at_level(logging.INFO):
        update(so_far(RUNNING))
        update(so_far(replace(DONE, ended=now)))
        update(so_far(replace(DONE, ended=now), bare_trial("b", "Running")))
    assert [line.partition(" ")[0] for line in caplog.messages] == ["1/4"]


def test_a_search_that_is_adopted_promises_what_its_trials_took(caplog: pytest.LogCaptureFixture) -> None:
    """The launcher before had waited for hours; this one has just come."""
    update, done = progress_log(), [lasting("a", 60), lasting("b", 60)]
    with caplog.at_level(logging.INFO):
        update(so_far(*done, earlier=2))
        assert caplog.messages == []
        update(so_far(*done, replace(lasting("c", 60), ended=datetime.now(UTC)), budget=10, earlier=2))
    assert len(caplog.messages) == 1
    assert " h " in caplog.messages[0].rpartition(", ")[2]

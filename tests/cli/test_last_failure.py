# SPDX-License-Identifier: Apache-2.0
"""What `kfp-katib run` says at its end of the last trial that failed."""

from __future__ import annotations

from kfp_katib.cli.summary import last_failure
from kfp_katib.results import Trial
from tests.cli.test_summary import FOLDER, ended, succeeded


def test_the_last_failure_shows_twenty_lines() -> None:
    """The trial, why, the end of its log, where its files are."""
    log = "\n".join(f"line {n}" for n in range(30))
    first = Trial("t1", {}, "Failed", message="Exit code 1.", exit_code=1, log_tail="no")
    last = Trial("t2", {}, "Failed", message="Exit code 3.", exit_code=3, log_tail=log)
    head, *lines, files = last_failure(ended(first, last), FOLDER).splitlines()
    assert head == "Trial t2 Failed: Exit code 3."
    assert lines == [f"    line {n}" for n in range(10, 30)]
    assert files == "Its files: /runs/tune/t2"


def test_a_killed_trial_does_not_hide_the_one_that_failed() -> None:
    """It was killed because the other one had failed."""
    failed = Trial("t1", {}, "Failed", message="The file is missing.", exit_code=3)
    killed = Trial("t2", {}, "Killed", message="The verdict came.", exit_code=143)
    head = last_failure(ended(failed, killed), FOLDER).splitlines()[0]
    assert head == "Trial t1 Failed, exit code 3: The file is missing."


def test_a_silent_failure_says_that_it_was_silent() -> None:
    """An empty log is a finding too."""
    failed = Trial("t1", {}, "Failed", message="Exit code 1.", exit_code=1)
    assert "(it wrote nothing)" in last_failure(ended(failed), FOLDER)


def test_no_failure_says_nothing() -> None:
    """Empty text."""
    assert last_failure(ended(succeeded(1)), FOLDER) == ""

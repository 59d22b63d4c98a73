# SPDX-License-Identifier: Apache-2.0
"""What `kfp-katib run` says of a search that had its verdict before, and whether it is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.cli.had_ended import had_ended
from tests.builders.search import search
from tests.cli.commands import call, manifest, write
from tests.engines.local.test_hyperband_here import SCRIPT, hyperband

GOAL = {"type": "minimize", "objectiveMetricName": "loss", "goal": 0.25}
RANDOM = {"algorithm": {"algorithmName": "random"}}


@pytest.mark.parametrize(
    ("kinds", "spec", "said"),
    [
        (
            ("fail", "0.2", "0.3"),
            {"maxFailedTrialCount": 1},
            "has failed; --retry-failed runs its failed trials again, a larger maxFailedTrialCount goes on, ",
        ),
        (
            ("fail",),
            RANDOM,
            "has failed; --retry-failed runs its failed trials again, a larger maxFailedTrialCount with a "
            "larger --max-trials goes on, ",
        ),
        (("fail",), {}, "has failed; --retry-failed runs its failed trials again, "),
        (("0.2", "0.3"), RANDOM, "had already finished; a larger --max-trials goes on, "),
        (
            ("fail", "0.2"),
            {},
            "had already finished; grid has nothing left to suggest, --retry-failed runs its failed trials "
            "again, ",
        ),
        (("0.2", "0.3"), {"objective": GOAL}, "had already reached its goal; a stricter goal goes on, "),
        (("0.2",), {"objective": GOAL}, "had already reached its goal; "),
        (
            ("0.2",),
            RANDOM | {"objective": GOAL},
            "had already reached its goal; a stricter goal with a larger --max-trials goes on, ",
        ),
    ],
    ids=["failed", "budget too", "grid too", "budget", "grid", "goal", "goal, grid", "goal, budget"],
)
def test_a_search_that_had_ended_names_each_way_on(
    kinds: tuple[str, ...], spec: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """What makes it go on follows from its verdict; nothing else is named, and nothing runs."""
    file = write(tmp_path, manifest(*kinds, **spec))
    first, second = call("run", file), call("run", file)
    assert f"\nThis search {said}--again starts over.\n" in second.stderr
    assert (first.exit_code, "This search" in first.stderr) == (second.exit_code, False)


@pytest.mark.parametrize(
    ("kinds", "change"),
    [
        (("fail", "0.2", "0.3"), ("--retry-failed",)),
        (("fail", "0.2", "0.3"), {"maxFailedTrialCount": 2}),
        (("0.2", "0.1"), {"objective": GOAL | {"goal": 0.15}}),
    ],
    ids=["retry", "maxFailedTrialCount", "goal"],
)
def test_what_it_names_makes_it_go_on(
    kinds: tuple[str, ...], change: tuple[str, ...] | dict[str, Any], tmp_path: Path
) -> None:
    """Each of the ways, typed as it is named."""
    spec: dict[str, Any] = {"maxFailedTrialCount": 1} if "fail" in kinds else {"objective": GOAL}
    call("run", write(tmp_path, manifest(*kinds, **spec)))
    changed = change if isinstance(change, dict) else {}
    file = write(tmp_path, manifest(*kinds, **(spec | changed)))
    called = call("run", file, *(change if isinstance(change, tuple) else ()))
    assert "trial shell-" in called.stderr
    assert "This search" not in called.stderr


def test_of_a_failed_search_a_larger_budget_is_no_way_on(tmp_path: Path) -> None:
    """One was given, nothing ran, and the sentence names it no more."""
    file = write(tmp_path, manifest("fail", maxFailedTrialCount=1, **RANDOM))
    call("run", file)
    called = call("run", file, "--max-trials", "12")
    assert "This search has failed; --retry-failed runs its failed trials again" in called.stderr
    assert "larger --max-trials" not in called.stderr


def test_where_the_algorithm_has_ended_no_budget_is_named(tmp_path: Path) -> None:
    """The whole plan of hyperband has run."""
    said = had_ended(run(search(SCRIPT, **hyperband()), runs=tmp_path), trials_here=True)
    assert said == (
        "This search had already finished; hyperband has nothing left to suggest, --again starts over."
    )


def test_a_quiet_run_keeps_its_notes(tmp_path: Path) -> None:
    """It has told nothing before, and ran."""
    called = call("run", write(tmp_path, manifest("0.2")), "--quiet")
    assert ("Note: Not used here: image" in called.stdout, called.stderr) == (True, "")


def test_what_is_told_before_a_trial_is_not_told_of_one_that_had_ended(tmp_path: Path) -> None:
    """Its notes are those that `show` prints."""
    file = write(tmp_path, manifest("0.2"))
    first, second = call("run", file), call("run", file)
    assert "Not used here: image" in first.stderr
    assert "Note:" not in second.stdout
    assert second.stdout == call("show", "shell").stdout

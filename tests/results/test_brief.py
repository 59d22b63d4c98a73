# SPDX-License-Identifier: Apache-2.0
"""What a prompt shows of a trial and of a Result: one line each."""

from __future__ import annotations

from kfp_katib.results import Metric
from kfp_katib.results.brief import assigned
from tests.builders.progress import so_far
from tests.builders.result import bare_trial, result, trial


def test_a_trial() -> None:
    """Its parameters, its metrics and how long it ran, six significant figures each."""
    shown = repr(trial(0, "0.123456789", parameters={"lr": "0.0123456789", "units": "32"}))
    assert shown == "<Trial tune-0 Succeeded: lr=0.0123457, units=32, loss=0.123457, 1 min 0 s>"


def test_a_trial_that_has_nothing_yet() -> None:
    """Its state is all there is."""
    assert repr(bare_trial("tune-1", "Pending", parameters={})) == "<Trial tune-1 Pending>"


def test_a_metric_shows_its_latest_value() -> None:
    """Min and max may lie far from it."""
    shown = repr(bare_trial("a", metrics={"loss": Metric("0.1", "0.9", "0.5")}))
    assert shown == "<Trial a Succeeded: lr=0.1, loss=0.5>"


def test_a_result() -> None:
    """How it ended, and the best trial's value and parameters."""
    shown = repr(result([trial(0, "0.5"), trial(1, "0.25"), trial(2, state="Failed")]))
    assert shown == (
        "<Result tune Succeeded (ExperimentMaxTrialsReached): 3 trials, 1 failed, "
        "best loss 0.25 with lr=0.002, batch_size=17, activation=relu>"
    )


def test_a_result_without_a_best_trial() -> None:
    """Nothing is made up."""
    shown = repr(result([trial(0, "nan")], state="Running", reason=""))
    assert shown == "<Result tune Running: 1 trial, none with a finite loss>"


def test_a_result_of_thousands_of_trials_stays_one_line() -> None:
    """The trials are counted, not listed."""
    assert len(repr(result([trial(number, "0.5") for number in range(2000)]))) < 200


def test_many_parameters_and_long_ones_are_cut() -> None:
    """Eight of them, forty characters each; a line break does not break the line."""
    assert assigned({f"p{number}": "1" for number in range(9)}).endswith("p7=1, …")
    assert assigned({"a": "x" * 100, "b": "1\n2"}) == f"a={'x' * 40}…, b='1\\n2'"


def test_progress_is_worth_printing() -> None:
    """At each change, as `on_update=print` does."""
    begun = so_far(bare_trial("a", "Running"))
    assert repr(begun) == "<Progress tune: 0/4 trials, 1 running>"
    later = so_far(bare_trial("a", loss="0.123456789"), bare_trial("b", "Failed"), budget=None)
    assert repr(later) == "<Progress tune: 2 trials, 1 failed, best loss 0.123457>"

# SPDX-License-Identifier: Apache-2.0
"""History: every trial has its mark, whatever became of it, and the best so far is a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kfp_katib.report.figures.trial_history import MOST, history
from kfp_katib.results import Trial
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial
from tests.report.figures.drawn import drawn, traces


def test_each_trial_stands_at_its_number_with_its_name_and_all_digits() -> None:
    """As the table counts them; on hover the value is as Katib has it."""
    (dots,) = traces(history(result([trial(0, "0.123456789012345678"), trial(1, "0.50")])), "Succeeded")
    assert (dots["x"], dots["text"]) == ([1, 2], ["tune-0", "tune-1"])
    assert dots["customdata"] == ["0.123456789012345678", "0.50"]


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (trial(1, "0.4", state="EarlyStopped"), "Stopped early"),
        (trial(1, state="Failed", exit_code=137), "Failed (1)"),
        (trial(1, state="MetricsUnavailable"), "Failed (1)"),
        (trial(1, state="Killed"), "Killed (1)"),
        (trial(1, "nan"), "No finite value (1)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_became_of_a_trial_is_marked(one: Trial, name: str) -> None:
    """Each in its own colour and shape: who was killed did not fail."""
    figure = history(result([trial(0, "0.5"), one, trial(2, "0.3")]))
    (found,) = traces(figure, name)
    assert (found["x"], found["text"]) == ([2], ["tune-1"])
    marks = [
        (each["marker"]["color"], each["marker"]["symbol"]) for each in traces(figure) if "marker" in each
    ]
    assert len(set(marks)) == len(marks) == 2


def test_a_failure_tells_its_reason_and_exit_code() -> None:
    """On hover."""
    failed = trial(1, state="Failed", reason="TrialFailed", exit_code=137)
    (marks,) = traces(history(result([trial(0, "0.5"), failed])), "Failed (1)")
    assert marks["customdata"] == ["Failed: TrialFailed, exit code 137"]


def test_a_trial_that_still_runs_has_no_mark() -> None:
    """Nothing has become of it yet."""
    running = replace(trial(1, state="Running"), ended=None)
    assert [each["name"] for each in traces(history(result([trial(0, "0.5"), running])))] == [
        "Succeeded",
        "Best so far",
    ]


@pytest.mark.parametrize(
    ("type", "steps"), [("minimize", [0.5, 0.3, 0.3]), ("maximize", [0.5, 0.9, 0.9])], ids=["min", "max"]
)
def test_the_best_so_far_is_a_line_to_the_end(type: str, steps: list[float]) -> None:
    """It says whose value it is."""
    trials = [trial(0, "0.5"), trial(1, "0.3"), trial(2, "0.9"), trial(3, "0.4")]
    of = experiment(objective=objective("minimize" if type == "minimize" else "maximize"))
    (line,) = traces(history(result(trials, of)), "Best so far")
    assert line["y"] == steps
    assert line["x"][-1] == 4
    assert line["text"][-1] == ("tune-1" if type == "minimize" else "tune-2")


def test_an_outlier_stands_at_the_edge_with_its_true_value() -> None:
    """It is marked as one, and the sentence names it."""
    trials = [trial(n, value) for n, value in enumerate(["0.5", "0.4", "0.3", "1e9"])]
    figure = history(result(trials))
    (beyond,) = traces(figure, "Beyond the axis")
    assert (beyond["y"], beyond["customdata"]) == ([0.5], ["1e9"])
    assert figure is not None
    assert "tune-3 with 1e+09 is beyond" in figure.sentence


@pytest.mark.parametrize(
    ("goal", "sentence", "lines"),
    [
        (None, "", 0),
        (0.35, "The dashed line is the goal.", 1),
        (0.01, "The goal 0.01 is not on the axis.", 0),
    ],
)
def test_the_goal_is_a_dashed_line(goal: float | None, sentence: str, lines: int) -> None:
    """Where the axis shows it; otherwise it is said where it is."""
    trials = [trial(n, value) for n, value in enumerate(["0.5", "0.4", "0.3"])]
    figure = history(result(trials, experiment(objective=objective(goal=goal))))
    assert figure is not None
    assert sentence in figure.sentence
    assert len(drawn(figure)[0]["layout"].get("shapes", [])) == lines


def test_ten_thousand_are_thinned_and_so_it_is_said() -> None:
    """Every record stays, and with them the best."""
    values = [1.0 + (n * 7919 % 10_000) / 10_000 for n in range(10_000)]
    figure = history(result([trial(n, repr(value)) for n, value in enumerate(values)]))
    (dots,), (line,) = traces(figure, "Succeeded"), traces(figure, "Best so far")
    assert len(dots["x"]) == MOST
    assert line["y"][-1] == 1.0
    assert figure is not None
    assert "2,000 of 10,000 trials are drawn, evenly spread." in figure.sentence


def test_without_a_value_there_is_no_history() -> None:
    """All failed: the timeline shows them."""
    assert history(result([trial(0, state="Failed"), trial(1, "nan")])) is None

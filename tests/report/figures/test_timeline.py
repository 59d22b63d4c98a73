# SPDX-License-Identifier: Apache-2.0
"""The timeline: who ran when, in as many places as ran at a time, with what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from kfp_katib.report.figures.timeline import joined, placed, timeline
from kfp_katib.results import Trial, TrialState
from tests.builders.result import START, result, trial
from tests.builders.searched import searched
from tests.report.figures.drawn import drawn, traces

DAY = 86_400.0


def ran(number: int, began: float, ended: float | None, state: TrialState = "Succeeded") -> Trial:
    """A trial that ran in these seconds."""
    end = None if ended is None else START + timedelta(seconds=ended)
    one = trial(number, "0.5", state=state, exit_code=1 if state == "Failed" else None)
    return replace(one, started=START + timedelta(seconds=began), ended=end)


@pytest.mark.parametrize(
    ("times", "places"),
    [
        pytest.param([(0, 10), (10, 20), (20, 30)], [0, 0, 0], id="one after the other"),
        pytest.param([(0, 10), (1, 9), (9, 15)], [0, 1, 1], id="the place that is free"),
        pytest.param([(0, 10), (0, 10), (0, 10)], [0, 1, 2], id="at once"),
        pytest.param([(0, 30), (1, 5), (6, 9), (6, 9)], [0, 1, 1, 2], id="the lowest that is free"),
        pytest.param([(5, 3)], [0], id="the clock was set back"),
    ],
)
def test_trials_share_places_as_they_shared_the_machine(
    times: Sequence[tuple[float, float]], places: list[int]
) -> None:
    """A place is a row; as many as ran at a time."""
    assert [bar.place for bar in placed([ran(n, *each) for n, each in enumerate(times)])] == places


def test_bars_begin_where_trials_did() -> None:
    """In the unit that fits, from the first trial's start."""
    figure = timeline(result([ran(0, 60, 120), ran(1, 90, 660)]))
    (bars,) = traces(figure, "Succeeded")
    assert (bars["base"], bars["x"], bars["y"]) == ([0.0, 0.5], [1.0, 9.5], [0, 1])
    assert figure is not None
    assert drawn(figure)[0]["layout"]["xaxis"]["title"]["text"].endswith("minutes")
    assert "at most 2 at a time, 10 min 0 s in all" in figure.sentence


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("Failed", "Failed"),
        ("Killed", "Killed"),
        ("EarlyStopped", "Stopped early"),
        ("MetricsUnavailable", "Metrics unavailable"),
    ],
)
def test_what_became_of_a_trial_is_seen(state: TrialState, name: str) -> None:
    """By a colour, and where it is bad by a pattern too; a failure says its exit code."""
    figure = timeline(result([ran(0, 0, 10), ran(1, 0, 10, state)]))
    good, other = traces(figure, "Succeeded")[0]["marker"], traces(figure, name)[0]["marker"]
    assert good["color"] != other["color"]
    if state != "Killed":
        assert good["pattern"] != other["pattern"]
    assert traces(figure, name)[0]["text"] == ["tune-1, exit code 1" if state == "Failed" else "tune-1"]


def test_waiting_between_trials_is_said() -> None:
    """How long a place stood empty."""
    figure = timeline(result([ran(0, 0, 10), ran(1, 12, 20), ran(2, 24, 30), ran(3, 31, 40)]))
    assert figure is not None
    assert "one at a time" in figure.sentence
    assert "Between two trials a place waited 2 s (median)." in figure.sentence


def test_a_pause_is_cut_out() -> None:
    """A search that was resumed the next day: its trials stay wide enough to be seen."""
    figure = timeline(result([ran(0, 0, 60), ran(1, 60, 120), ran(2, DAY, DAY + 60)]))
    assert figure is not None
    (plot,) = drawn(figure)
    (bars,) = plot["data"]
    end = bars["base"][-1] + bars["x"][-1]
    assert end < 0.04 * DAY / 60
    assert len(plot["layout"]["shapes"]) == 1
    assert "Nothing ran for 23 h 58 min, which is cut out (grey)." in figure.sentence
    assert "3 min 0 s in all" in figure.sentence


def test_a_trial_that_still_runs_lasts_until_the_last_known_time() -> None:
    """And so it is said."""
    figure = timeline(result([ran(0, 0, 60), ran(1, 10, None, "Running")]))
    (bar,) = traces(figure, "Running")
    assert bar["base"][0] + bar["x"][0] == 60
    assert figure is not None
    assert "still run" in figure.sentence


def test_ten_thousand_bars_become_few() -> None:
    """Those of one kind that nobody could tell apart; no trial is lost."""
    bars = placed(searched(10_000, curves=False).trials)
    few = joined(bars)
    assert len(few) < 4000
    assert sum(len(bar.trials) for bar in few) == 10_000
    assert all(len({trial.state for trial in bar.trials}) == 1 for bar in few)


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [ran(0, 0, 10)],
        [ran(0, 0, 0), ran(1, 0, 0)],
        [replace(ran(n, 0, 9), started=None) for n in range(3)],
    ],
    ids=["none", "one", "no time", "unknown"],
)
def test_where_nothing_is_known_there_is_no_timeline(trials: list[Trial]) -> None:
    """One bar says no more than the table."""
    assert timeline(result(trials)) is None

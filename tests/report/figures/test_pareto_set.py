# SPDX-License-Identifier: Apache-2.0
"""The figure of the Pareto set: every trial over two metrics, and who is in it."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.experiment.model import Strategy
from kfp_katib.report.figures.figure import ORANGE, Figure
from kfp_katib.report.figures.pareto_set import pareto_set
from kfp_katib.results import Result
from tests.builders.experiment import objective
from tests.builders.several_objectives import LOSS_AND_SECONDS, compared, traded
from tests.report.figures.drawn import drawn, traces

ROWS = [("0.1", "9"), ("0.2", "5"), ("0.3", "1"), ("0.3", "4"), ("0.4", "2")]


def figure(found: Result) -> Figure:
    """The figure, which is there."""
    made = pareto_set(found)
    assert made is not None
    return made


def places(trace: dict[str, Any]) -> list[tuple[float, float]]:
    """Where a trace's points stand: along, then up."""
    return list(zip(trace["x"], trace["y"], strict=True))


def test_the_set_and_the_best_trial_stand_out() -> None:
    """The objective is up the height; on hover a trial has all of its values."""
    made = figure(compared(LOSS_AND_SECONDS, *ROWS))
    (others,) = traces(made, "Other trials")
    (members,) = traces(made, "Pareto set")
    (best,) = traces(made, "Best loss")
    assert places(members) == [(9.0, 0.1), (5.0, 0.2), (1.0, 0.3)]
    assert places(others) == [(4.0, 0.3), (2.0, 0.4)]
    assert places(best) == [(9.0, 0.1)]
    assert (best["marker"]["symbol"], members["marker"]["color"]) == ("star", ORANGE)
    assert (best["text"], best["customdata"]) == (["tune-0"], ["loss 0.1, seconds 9"])
    (plot,) = drawn(made)
    titles = [plot["layout"][name]["title"]["text"] for name in ("xaxis", "yaxis")]
    assert titles == ["seconds (minimize)", "loss (minimize)"]


@pytest.mark.parametrize(("way", "shape", "x"), [("min", "hv", [1, 5, 9]), ("max", "vh", [1, 5, 9])])
def test_steps_show_the_best_there_is_for_each_value_of_the_other(
    way: Strategy, shape: str, x: list[float]
) -> None:
    """With at most so many seconds, or with at least so much of what should be large."""
    rows = [("0.1", "9"), ("0.2", "5"), ("0.3", "1")]
    if way == "max":
        rows = [("0.3", "9"), ("0.2", "5"), ("0.1", "1")]
    line = traces(figure(compared(objective(compared={"other": way}), *rows)))[0]
    assert (line["mode"], line["line"]["shape"], line["x"]) == ("lines", shape, x)


@pytest.mark.parametrize(("metrics", "panels"), [(2, 1), (3, 3), (4, 6), (5, 4), (20, 12)])
def test_each_pair_has_a_panel_as_long_as_that_can_be_read(metrics: int, panels: int) -> None:
    """Of more metrics than four, each with the objective."""
    of = objective(compared=dict.fromkeys((f"m{n}" for n in range(1, metrics)), "min"))
    made = figure(traded(30, of))
    axes = [
        tuple(plot["layout"][name]["title"]["text"] for name in ("yaxis", "xaxis")) for plot in drawn(made)
    ]
    assert len(set(axes)) == len(axes) == panels
    if metrics > 4:
        assert {up for up, _ in axes} == {"loss (minimize)"}
        assert "Each panel has loss and one of the others." in made.sentence
    assert ("12 of 19 additional metrics are drawn" in made.sentence) == (metrics == 20)


def test_a_trial_far_off_does_not_press_the_others_together() -> None:
    """It stands open at the edge; no member of the set does."""
    rows = [(f"0.{n}", f"{20 - n}") for n in range(10, 20)] + [("1e9", "19"), ("1e6", "0.1")]
    made = figure(compared(LOSS_AND_SECONDS, *rows[:-1]))
    (beyond,) = traces(made, "Beyond an axis")
    assert (beyond["text"], beyond["marker"]["symbol"]) == (["tune-10"], "circle-open")
    assert beyond["y"][0] < 1
    assert "An open circle lies beyond the end of an axis." in made.sentence
    (members,) = traces(figure(compared(LOSS_AND_SECONDS, *rows)), "Pareto set")
    assert 1e6 in members["y"]


def test_of_thousands_a_part_is_drawn() -> None:
    """And it is said of how many."""
    made = figure(traded(5000))
    (others,) = traces(made, "Other trials")
    assert len(others["x"]) <= 2000
    assert "2,000 of 4," in made.sentence


def test_without_a_member_it_says_so_and_draws_nothing() -> None:
    """A metric may be misspelt."""
    made = figure(compared(LOSS_AND_SECONDS, ("1", "")))
    assert made.plots == ()
    assert "No trial has a finite seconds" in made.sentence


def test_with_one_direction_there_is_no_figure() -> None:
    """As in most searches."""
    assert pareto_set(compared(objective(additional=["seconds"]), ("1", "1"), ("2", "2"))) is None

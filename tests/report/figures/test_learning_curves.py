# SPDX-License-Identifier: Apache-2.0
"""Learning curves: all trials thin, the best bold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kfp_katib.report.figures import figures
from kfp_katib.report.figures.learning_curves import learning_curves
from kfp_katib.results import Trial, TrialState
from tests.builders.result import result, trial
from tests.builders.searched import searched
from tests.report.figures.drawn import traces


def learning(number: int, *values: float, state: TrialState = "Succeeded") -> Trial:
    """A trial that reported these values."""
    ended = trial(number, repr(values[-1]) if state != "Failed" else None, state=state)
    return replace(ended, curve=tuple(enumerate(values, 1)))


THREE = [learning(0, 3.0, 2.0, 1.5), learning(1, 2.0, 1.0, 0.5), learning(2, 4.0, 3.0, state="Failed")]


def test_the_best_curve_is_bold_and_has_all_its_digits() -> None:
    """Point by point, with the number of the report."""
    figure = learning_curves(result([*THREE, learning(3, 1.0, 0.30000000000000004)]))
    (best,) = traces(figure, "Best trial")
    assert (best["x"], best["y"]) == ([1, 2], [1.0, 0.30000000000000004])
    assert best["customdata"] == ["1.0", "0.30000000000000004"]
    assert best["line"]["width"] > 2 * traces(figure, "Succeeded")[0]["line"]["width"]


def test_curves_of_a_kind_are_one_trace_with_gaps() -> None:
    """The last report of each is a point that tells whose it is."""
    lines, ends = traces(learning_curves(result([*THREE, learning(3, 2.5, 1.2)])), "Succeeded")
    assert lines["y"] == [3.0, 2.0, 1.5, None, 2.5, 1.2, None]
    assert (ends["text"], ends["y"]) == (["tune-0", "tune-3"], [1.5, 1.2])


@pytest.mark.parametrize(
    ("state", "name"), [("Failed", "Failed"), ("EarlyStopped", "Stopped early"), ("Killed", "Killed")]
)
def test_a_curve_that_ended_otherwise_has_its_own_colour(state: TrialState, name: str) -> None:
    """How far it came is what one wants to know."""
    figure = learning_curves(result([*THREE[:2], learning(2, 4.0, 3.0, state=state)]))
    colours = {line["name"]: line["line"]["color"] for line in traces(figure) if "lines" in line["mode"]}
    assert name in colours
    assert len(set(colours.values())) == len(colours) == 3


def test_a_curve_that_diverged_does_not_press_the_others_together() -> None:
    """The best curve is seen as a whole; the other goes on beyond the axis, and so it is said."""
    figure = learning_curves(result([*THREE, learning(3, 5.0, 1e9, 1e12)]))
    assert figure is not None
    (best,) = traces(figure, "Best trial")
    low, high = figure.plots[0].layout["yaxis"]["range"]
    assert low < min(best["y"]) <= max(best["y"]) < high < 10
    assert "curves leave it beyond that" in figure.sentence


def test_many_curves_are_thinned_and_so_it_is_said() -> None:
    """The best ones stay; a curve keeps its first and its last report."""
    of = searched(1000)
    figure = learning_curves(of)
    assert figure is not None
    assert "300 of 1,000 curves are drawn, 20 points of each." in figure.sentence
    assert sum(len(trace["x"]) for trace in traces(figure)) < 7000
    lines, ends = traces(figure, "Succeeded")
    assert set(ends["x"]) == {40}
    assert lines["x"][0] == 1
    assert len(traces(figure, "Best trial")) == 1


@pytest.mark.parametrize(
    "trials",
    [[], [trial(0, "0.5")], [learning(0, 1.0), learning(1, 2.0)]],
    ids=["none", "no curve", "a point"],
)
def test_without_curves_there_is_no_figure_but_a_sentence(trials: list[Trial]) -> None:
    """Those of a cluster's trials are not known here; a search without trials needs no sentence."""
    assert learning_curves(result(trials)) is None
    sentences = [figure.sentence for figure in figures(result(trials)) if not figure.plots]
    assert len(sentences) == (1 if trials else 0)
    assert all("no trial's reports are known" in sentence for sentence in sentences)

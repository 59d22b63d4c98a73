# SPDX-License-Identifier: Apache-2.0
"""The lines at the bottom of a terminal while trials run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kfp_katib.report.live_lines import MOST_TRIALS, Moment, live_lines
from kfp_katib.results import Progress, Reports, Trial
from tests.builders.experiment import double, experiment, objective
from tests.builders.progress import NOW, lasting, running, so_far
from tests.builders.result import bare_trial

MANY = experiment(
    "random",
    [double(f"the_weight_of_layer_{number}", "0", "1") for number in range(30)],
    name="the-generative-model-of-showers",
    objective=objective(additional=["accuracy"]),
    parallel=50,
    budget=200,
)


def lines(
    progress: Progress,
    *,
    width: int = 100,
    height: int = 30,
    seconds: float = 90,
    reported: tuple[str, ...] = (),
    failure: Trial | None = None,
) -> list[str]:
    """The lines without their styles, as a terminal of that width shows them."""
    moment = Moment(progress, seconds, NOW, reported, failure)
    drawn = live_lines(moment, width=width, height=height)
    return ["".join(text for text, _ in line) for line in drawn]


def busy(count: int) -> Progress:
    """A search of long names and many parameters, in which so many trials run."""
    given = {each.name: "0.12345678901234" for each in MANY.parameters}
    trials = [
        Trial(f"{MANY.name}-{number:08}", given, "Running", started=NOW - timedelta(seconds=number))
        for number in range(count)
    ]
    best = Trial(
        f"{MANY.name}-best0000", given, "Succeeded", metrics=bare_trial("x", loss="0.123456789").metrics
    )
    return so_far(best, *trials, of=MANY)


def test_the_first_line_says_how_far_the_search_is() -> None:
    """A bar, the counts, the time that has passed and the time that is left."""
    first, *_ = lines(so_far(lasting("a", 1), running("b", 20)))
    assert first == "━━━━━───────────────  1/4 trials, 1 running, 1 min 30 s so far, about 1 min 40 s left"


@pytest.mark.parametrize(
    ("width", "bar"), [(80, 14), (75, 9), (67, 0)], ids=["narrow", "narrower", "too narrow for a bar"]
)
def test_the_bar_takes_what_room_is_left(width: int, bar: int) -> None:
    """The words come first."""
    first, *_ = lines(so_far(lasting("a", 1), running("b", 20)), width=width)
    assert len(first.partition("1/4")[0].strip()) == bar
    assert len(first) < width


def test_without_a_budget_there_is_no_bar() -> None:
    """Nobody knows how far it is."""
    assert lines(so_far(lasting("a", 1), budget=None))[0] == "1 trial, 1 min 30 s so far"


def test_the_best_trial_stands_with_its_parameters() -> None:
    """Its name as a whole, since its folder has it."""
    best = bare_trial("tune-b4k2", loss="0.123456789", parameters={"lr": "0.00123456789", "layers": "3"})
    assert lines(so_far(best))[1:] == ["best loss=0.123457 in tune-b4k2", "     lr=0.00123457  layers=3"]


def test_running_trials_are_a_table_of_what_they_reported() -> None:
    """Time, step, the metrics that any of them has reported, the parameters."""
    progress = so_far(
        running("a", 65),
        running("b", 2),
        bare_trial("c", "Pending"),
        reports={"a": Reports({"loss": "0.5"}, 12)},
    )
    assert lines(progress, reported=("loss",))[1:] == [
        "running  time       step  loss  lr   batch_size  activation",
        "a        1 min 5 s  12    0.5   0.1",
        "b        2 s                    0.1",
        "c        waits                  0.1",
    ]


def test_trials_that_wait_stand_below_those_that_run() -> None:
    """A hundred may wait to run again."""
    waiting = [bare_trial(f"w{number}", "Pending") for number in range(100)]
    shown = lines(so_far(*waiting, running("r", 5)))
    assert [line.split()[:2] for line in shown[2:4]] == [["r", "5"], ["w0", "waits"]]


def test_where_nothing_is_reported_no_column_is() -> None:
    """In a cluster nobody reads along."""
    assert lines(so_far(running("a", 5)))[1] == "running  time  lr   batch_size  activation"


def test_the_last_failure_says_why() -> None:
    """One line."""
    failed = bare_trial("b", "Failed", message="Trial has failed.\nExit code 3.")
    assert lines(so_far(failed), failure=failed)[-1] == "last failure: b: Trial has failed. Exit code 3."


def test_of_fifty_trials_the_oldest_are_shown() -> None:
    """And how many there are beside them."""
    shown = lines(busy(50), reported=("loss",))
    names = [line.split()[0] for line in shown if line.startswith("…")]
    assert names == [*(f"…{number:08}" for number in range(MOST_TRIALS)), "…"]
    assert shown[-1] == "… and 40 more"


@pytest.mark.parametrize("height", [10, 16, 24, 60])
@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_the_lines_fit_the_terminal(width: int, height: int) -> None:
    """Whatever there is to say, with the line below for the cursor; only sentences may have to be cut."""
    failed = bare_trial("b", "Failed", message="Trial has failed.")
    shown = lines(busy(50), width=width, height=height, reported=("loss", "accuracy"), failure=failed)
    table = [line for line in shown if line.startswith(("…0", "     ", "running"))]
    assert len(shown) < height
    assert table
    assert max(map(len, table)) < width


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\x07"])
def test_nothing_that_a_trial_prints_moves_the_cursor(text: str) -> None:
    """A metric's text is the trial's own."""
    shown = lines(so_far(running("a", 1), reports={"a": Reports({"loss": text}, 1)}), reported=("loss",))
    assert not {"\x1b", "\n", "\x07"} & set("".join(shown))

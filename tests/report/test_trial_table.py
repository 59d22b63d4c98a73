# SPDX-License-Identifier: Apache-2.0
"""The table of trials says little at a glance, and everything to who asks; it has room for many trials."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfp_katib.experiment.model import FeasibleSpace, Parameter
from kfp_katib.report import html
from kfp_katib.report.trial_table import PLAIN_ROWS, columns, log_room, rows
from kfp_katib.results import Metric, Result, Trial, TrialState
from kfp_katib.results.table import columns as csv_columns
from kfp_katib.results.text import document
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial
from tests.builders.search import PRINT, search
from tests.report.noisy import noisy
from tests.report.unpacking import unpacked
from tests.support.html import read


def named(*names: str) -> Any:
    """An Experiment with these parameters, which are doubles."""
    return experiment(parameters=tuple(Parameter(name, "double", FeasibleSpace("0", "1")) for name in names))


def cells(found: Result) -> list[list[str]]:
    """What the rows show after the state."""
    return [[cell.text for cell in row.cells] for row in rows(found)]


def test_parameters_stand_in_the_manifests_order() -> None:
    """Whatever the order in which a trial has them; what only a trial has comes after."""
    one = trial(0, "0.5", parameters={"own": "1", "b": "2", "a": "3"})
    found = result([one], named("b", "a"))
    assert [column.title for column in columns(found)][4:] == ["b", "a", "own", "Duration"]
    assert cells(found) == [["2", "3", "1", "1 min 0 s"]]


def test_the_value_stands_beside_the_name() -> None:
    """A phone shows four columns."""
    of = experiment(objective=objective(additional=["accuracy"]))
    assert [column.title for column in columns(result([], of))][:5] == [
        "#",
        "Trial",
        "loss",
        "State",
        "accuracy",
    ]


def test_additional_metrics_are_shown_by_their_strategies() -> None:
    """With the objective, whose default they share."""
    of = experiment(objective=objective(additional=["accuracy"]), parameters=())
    metrics = {"loss": Metric("0.5", "0.5", "0.5"), "accuracy": Metric("0.1", "0.9", "0.7")}
    without = trial(1, "0.6", parameters={})
    found = result([trial(0, metrics=metrics, parameters={}), without], of)
    assert cells(found) == [["0.1", "1 min 0 s"], ["–", "1 min 0 s"]]


@pytest.mark.parametrize(
    ("text", "shown", "full"),
    [
        ("0.12345678901234567", "0.123457", "0.12345678901234567"),
        ("1.2345678e-05", "1.23457e-05", "1.2345678e-05"),
        ("0.5", "0.5", ""),
        ("1.10", "1.10", ""),
        ("123456789", "123456789", ""),
    ],
)
def test_a_number_has_six_digits_and_all_of_them_on_hover(text: str, shown: str, full: str) -> None:
    """Whole numbers and short ones stay as they are."""
    (row,) = rows(result([trial(0, text, parameters={"a": text})], named("a")))
    for cell in (row.value, row.cells[0]):
        assert (cell.text, cell.full) == (shown, full)


def test_a_category_is_no_number() -> None:
    """Its digits are its name."""
    text = "0.12345678901234567"
    of = experiment(parameters=(Parameter("kind", "categorical", FeasibleSpace(list=(text,))),))
    (row,) = rows(result([trial(0, "0.5", parameters={"kind": text})], of))
    assert (row.cells[0].text, row.cells[0].full) == (text, "")


@pytest.mark.parametrize(("type", "order"), [("minimize", [2, 1, 3, 4]), ("maximize", [1, 2, 3, 4])])
def test_the_best_trial_comes_first(type: Any, order: list[int]) -> None:
    """Then those without a value, in order of creation; a number says when each was created."""
    trials = [trial(0, "0.5"), trial(1, "0.3"), trial(2, "nan"), trial(3, state="Failed")]
    found = rows(result(trials, experiment(objective=objective(type))))
    assert [row.number for row in found] == order
    assert [row.best for row in found] == [True, False, False, False]


def test_a_value_that_does_not_count_is_shown_and_comes_last() -> None:
    """A failed trial's best loss is no best loss."""
    failed = trial(0, "0.1", state="Failed")
    good, bad = rows(result([failed, trial(1, "0.5")]))
    assert (good.value.text, good.value.key) == ("0.5", None)
    assert (bad.value.text, bad.value.key) == ("0.1", "")


def test_a_duration_is_sorted_by_its_seconds() -> None:
    """`59 s` comes before `1 min 0 s`; one that is not known comes last."""
    known, running = rows(result([trial(0, "0.5"), replace(trial(1, state="Running"), ended=None)]))
    assert (known.cells[-1].text, known.cells[-1].key) == ("1 min 0 s", "60")
    assert (running.cells[-1].text, running.cells[-1].key) == ("–", "")


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("Succeeded", "good"),
        ("EarlyStopped", "calm"),
        ("Killed", "calm"),
        ("Failed", "bad"),
        ("MetricsUnavailable", "bad"),
        ("Running", "open"),
        ("Pending", "open"),
    ],
)
def test_a_killed_trial_does_not_look_like_a_failed_one(state: TrialState, kind: str) -> None:
    """It was ended since nobody needed it any more; so it does not count as failed either."""
    page = read(html(result([trial(0, state=state)])))
    (row,) = (element for element in page.all("tr") if "tune-0" in element.text)
    assert [span.attributes["class"] for span in row.all("span")] == [f"badge {kind}"]


def test_the_trial_runs_again_by_its_command() -> None:
    """The whole line, where the manifest says one."""
    of = search(PRINT)
    one = replace(trial(0, "0.5", parameters={"lr": "0.25"}), name="tune-0")
    (row,) = rows(result([one], of))
    assert "0.25" in row.command
    assert rows(result([one]))[0].command == ""


def test_few_trials_show_the_ends_of_their_logs() -> None:
    """As much as a traceback takes."""
    assert log_room(result([trial(0, "0.1"), trial(1, state="Failed")])) == {True: 4000, False: 4000}


def test_of_many_trials_the_failed_ones_keep_their_logs() -> None:
    """There is no room for all; who failed is asked why."""
    many = [trial(n, state="Failed" if n % 20 == 0 else "Succeeded") for n in range(1000)]
    assert log_room(result(many)) == {True: 1000, False: 0}
    assert log_room(result(many[:200])) == {True: 4000, False: 263}


def logged(count: int, *, every: int) -> list[Trial]:
    """Trials with long logs, each so-many-th of which failed."""
    states: list[TrialState] = ["Succeeded" if n % every else "Failed" for n in range(count)]
    return [
        trial(n, f"0.{n}", state=state, log_tail=f"log {n} " + "x" * 900) for n, state in enumerate(states)
    ]


def test_a_log_that_is_left_out_is_said_to_be() -> None:
    """Not to have been empty."""
    known = unpacked(html(result(logged(600, every=20))))
    logs = {each[3]["name"]: each[3]["log_tail"] for each in known["rows"]}
    assert (len(logs["tune-20"]), logs["tune-21"]) == (907, "")
    assert known["without"] == "So many trials leave no room for the logs of those that did not fail."
    assert unpacked(html(result(logged(10, every=5))))["without"] == "It left no log."


@pytest.mark.parametrize("count", [1, 14, PLAIN_ROWS, PLAIN_ROWS + 1, 1000])
def test_every_trial_is_packed(count: int) -> None:
    """As the first rows of the page show them, and as the JSON of a Result has them."""
    found = result([trial(n, f"0.{n + 1}", log_tail="end") for n in range(count)])
    page = html(found)
    known = unpacked(page)
    packed = [read(row).text for _, row, _, _ in known["rows"]]
    plain = [row.text for row in read(page).all("tr")[1:]]
    assert len(packed) == count
    assert plain == packed[:PLAIN_ROWS]
    assert known["columns"] == csv_columns(found.experiment, found.trials)
    whole = document(found)
    by_number = {number: fields for number, _, _, fields in known["rows"]}
    told = [{**each, "log_tail": by_number[at]["log_tail"]} for at, each in enumerate(whole["trials"], 1)]
    assert [by_number[at + 1] for at in range(count)] == [
        {name: value for name, value in each.items() if name != "curve"} for each in told
    ]
    assert known["document"] == {name: value for name, value in whole.items() if name != "trials"}


def test_what_is_not_shown_is_said_where_no_script_shows_it() -> None:
    """How many there are, and what needs JavaScript."""
    page = read(html(result([trial(n, f"0.{n + 1}") for n in range(250)])))
    assert page.texts("noscript")[-1].startswith("These are the first 50 of 250 trials.")


def test_a_thousand_trials_leave_room_for_figures() -> None:
    """The page may have 5.5 MB, of which plotly.js takes 4.82."""
    (packed,) = read(html(noisy(1000))).all("script", id="packed")
    assert len("".join(map(str, packed.content))) < 320_000

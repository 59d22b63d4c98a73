# SPDX-License-Identifier: Apache-2.0
"""The trials of a Result come back from its CSV and its JSON as they were."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.results import (
    EarlierTrials,
    Metric,
    Trial,
    earlier_trials,
    from_csv,
    from_json,
    objective_value,
    to_json,
    trials_csv,
)
from tests.builders.experiment import experiment, objective
from tests.builders.result import bare_trial, result, trial

HEADER = "name,state,parameter.lr,metric.loss.min,metric.loss.max,metric.loss.latest\n"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
TRIALS = st.builds(
    bare_trial,
    name=TEXTS,
    state=st.sampled_from(["Succeeded", "Failed", "EarlyStopped", "Running"]),
    parameters=st.fixed_dictionaries({"lr": TEXTS}, optional={"größe": TEXTS, "a.b": TEXTS}),
    metrics=st.dictionaries(TEXTS | st.just("loss"), st.builds(Metric, TEXTS, TEXTS, TEXTS), max_size=3),
)


def core(found: Trial) -> tuple[object, ...]:
    """What a new search asks of an earlier trial."""
    return found.name, found.state, found.parameters, found.metrics


@given(st.lists(TRIALS, max_size=4))
@example(
    [bare_trial('"quoted", again', parameters={"lr": "0,1"}, metrics={"Güte; ß": Metric("1", "2", "1")})]
)
def test_both_forms_hold_what_a_search_asks_for(trials: list[Trial]) -> None:
    """Umlauts, quotes, commas and dots in names and values stay what they are."""
    found = result(trials, experiment(parameters=()))
    expected = [core(each) for each in trials]
    assert [core(each) for each in from_json(to_json(found), "x")] == expected
    if any(each.parameters for each in trials):
        assert [core(each) for each in from_csv(trials_csv(found), "x")] == expected


def test_a_table_saved_by_a_spreadsheet_is_read() -> None:
    """With line ends of Windows, an empty cell for a metric, and columns of its own."""
    table = HEADER.strip() + ",remark\r\nt-1,Succeeded,0.1,0.5,0.5,0.5,gut\r\nt-2,Failed,0.2,,,,\r\n"
    first, second = from_csv(table, "x")
    assert (first.parameters, objective_value(first, objective())) == ({"lr": "0.1"}, 0.5)
    assert (second.state, second.metrics) == ("Failed", {})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "its header needs the columns state"),
        ("lr,loss\n0.1,0.5\n", "is not a table of trials"),
        (HEADER.replace(",", ";"), "separated by commas"),
        (HEADER + "t-1,Succeeded,0.1\n", "trial 1 has not as many cells"),
        (HEADER + "t-1,Succeeded,0.1,1,1,1,1\n", "trial 1 has not as many cells"),
        (HEADER + "t-1,succeeded,0.1,1,1,1\n", "trial 1: its state is 'succeeded'"),
        (HEADER + "t-1,,0.1,1,1,1\n", "its state is None"),
        (HEADER + '"t-1"x,Succeeded,0.1,1,1,1\n', "is not CSV"),
        (HEADER + '"t-1,Succeeded,0.1,1,1,1\n', "is not CSV"),
    ],
    ids=[
        "empty",
        "another table",
        "semicolons",
        "short",
        "long",
        "state",
        "no state",
        "quotes",
        "open quote",
    ],
)
def test_another_table_is_refused(table: str, words: str) -> None:
    """By the name of the file, and with what should be there."""
    with pytest.raises(InputError, match=words) as refused:
        from_csv(table, "other.csv")
    assert str(refused.value).startswith("other.csv")


ODD = '{"trials": [{"name": "a", "state": "Failed", "parameters": [], "metrics": {}}]}'


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "null", '{"trials": 3}', '{"trials": [3]}', '{"trials": [{}]}', "[" * 9999, ODD],
)
def test_another_document_is_refused(text: str) -> None:
    """It says what would be one."""
    with pytest.raises(InputError, match=r"other.json is not the JSON of a Result .*run --json"):
        from_json(text, "other.json")


def test_one_source_or_several_are_taken_in_one_form() -> None:
    """A Result goes by the name of its Experiment."""
    found, table = result([trial(0, "0.5")]), EarlierTrials("other.csv", list)
    assert earlier_trials(None) == ()
    assert [each.source for each in earlier_trials(found)] == ["Experiment 'tune'"]
    assert [each.source for each in earlier_trials([found, table])] == ["Experiment 'tune'", "other.csv"]
    assert earlier_trials(found)[0].read() == found.trials

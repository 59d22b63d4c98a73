# SPDX-License-Identifier: Apache-2.0
"""A Result for other programs: trials as CSV, the whole as JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from kfp_katib.results import Metric, Result, to_json, trials_csv
from tests.builders.experiment import experiment, objective
from tests.builders.result import START, result, trial
from tests.builders.several_objectives import LOSS_AND_SECONDS, compared


def rows(found: Result) -> list[dict[str, str]]:
    """The CSV as any reader sees it."""
    return list(csv.DictReader(io.StringIO(trials_csv(found))))


def test_csv_has_one_row_a_trial_in_order() -> None:
    """Name, state, objective and exit code stand where a reader looks for them."""
    found = rows(result([trial(0, "0.5"), trial(1, state="Failed", exit_code=137)]))
    assert [(row["name"], row["state"], row["objective"], row["exit_code"]) for row in found] == [
        ("tune-0", "Succeeded", "0.5", ""),
        ("tune-1", "Failed", "", "137"),
    ]


def test_csv_has_parameters_and_metrics_under_prefixes() -> None:
    """A parameter and a metric may share a name."""
    shared = trial(0, "0.5", parameters={"loss": "l2"})
    (row,) = rows(result([shared]))
    assert (row["parameter.loss"], row["metric.loss.min"], row["metric.loss.latest"]) == ("l2", "0.5", "0.5")


def test_csv_columns_do_not_depend_on_what_was_reported() -> None:
    """Without a single trial the header already names all parameters and metrics of the manifest."""
    of = experiment(objective=objective(additional=("accuracy",)))
    empty = trials_csv(result([], of)).splitlines()
    assert empty == trials_csv(result([trial(0, "0.5")], of)).splitlines()[:1]
    assert empty[0].endswith("metric.accuracy.min,metric.accuracy.max,metric.accuracy.latest")
    assert "parameter.lr,parameter.batch_size,parameter.activation" in empty[0]


def test_csv_writes_times_as_iso_8601_and_their_difference() -> None:
    """Times carry their zone; the duration is in seconds."""
    (row,) = rows(result([trial(0)]))
    assert (row["started"], row["ended"], row["seconds"]) == (
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:05:05+00:00",
        "60.0",
    )


def test_a_clock_that_was_set_back_makes_no_negative_duration() -> None:
    """Neither as CSV nor as JSON."""
    began = trial(0, "0.5")
    back = result([replace(began, ended=START - timedelta(hours=1))])
    assert rows(back)[0]["seconds"] == "0.0"
    assert json.loads(to_json(back))["trials"][0]["seconds"] == 0


def test_values_stay_the_text_that_the_trial_got() -> None:
    """No number is made of them."""
    texts = {"a": "1.10", "b": "007", "c": "1_0", "d": "9007199254740993"}
    found = result([trial(0, "0.50", parameters=texts)])
    (row,) = rows(found)
    assert {name: row[f"parameter.{name}"] for name in texts} == texts
    assert json.loads(to_json(found))["trials"][0]["parameters"] == texts


def test_csv_leaves_the_objective_empty_where_it_is_no_number() -> None:
    """Readers that compute must not meet NaN there; Katib's text stays in the metric's columns."""
    (row,) = rows(result([trial(0, "nan")]))
    assert (row["objective"], row["metric.loss.latest"]) == ("", "nan")


@example(message="\r")
@given(message=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_csv_survives_any_message(message: str) -> None:
    """Quotes, commas and control characters come back as they were, line breaks as line feeds."""
    text = trials_csv(result([trial(0, "0.5", message=message)]))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["message"] == message.replace("\r\n", "\n").replace("\r", "\n")


def test_json_names_the_best_trial_and_its_value() -> None:
    """What most readers want stands at the top."""
    found = json.loads(to_json(result([trial(0, "0.5"), trial(1, "0.3")])))
    assert (found["best_trial"], found["best_value"], found["best_hyperparameters"]["lr"]) == (
        "tune-1",
        0.3,
        "0.002",
    )
    assert (found["state"], found["succeeded"], found["katib_best_trial"]) == ("Succeeded", True, "tune-1")


def test_json_holds_every_field_of_a_trial() -> None:
    """Nothing that Trial knows is lost, and metrics stay Katib's text."""
    one = trial(0, metrics={"loss": Metric("0.1", "nan", "")}, exit_code=0, log_tail="last words")
    one = replace(one, curve=((1, 0.5), (2, 0.1)))
    (found,) = json.loads(to_json(result([one])))["trials"]
    assert found["metrics"] == {"loss": {"min": "0.1", "max": "nan", "latest": ""}}
    assert found["curve"] == [[1, 0.5], [2, 0.1]]
    assert set(found) == {*(name for name in one.__slots__), "objective", "seconds"}


def test_json_is_strict_even_without_a_number() -> None:
    """NaN is not JSON: where there is no best value there is null."""
    found = json.loads(to_json(result([trial(0, "nan")])), parse_constant=lambda name: name)
    assert (found["best_trial"], found["best_value"], found["trials"][0]["objective"]) == (None, None, None)


def test_json_carries_the_manifest() -> None:
    """What ran can be run again from the JSON alone."""
    assert json.loads(to_json(result([])))["manifest"]["kind"] == "Experiment"


def test_json_names_the_pareto_set_and_its_directions() -> None:
    """The best by the objective first; with one direction there is no set."""
    found = json.loads(to_json(compared(LOSS_AND_SECONDS, ("3", "1"), ("1", "2"), ("3", "3"))))
    assert found["directions"] == {"loss": "minimize", "seconds": "minimize"}
    assert found["pareto_trials"] == ["tune-1", "tune-0"]
    alone = json.loads(to_json(result([trial(0, "0.5")])))
    assert (alone["directions"], alone["pareto_trials"]) == ({"loss": "minimize"}, [])

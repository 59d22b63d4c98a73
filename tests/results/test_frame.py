# SPDX-License-Identifier: Apache-2.0
"""A Result as a data frame: the CSV's columns, with types."""

from __future__ import annotations

import math
import sys

import pandas  # type: ignore[import-untyped]
import pytest

from kfp_katib.errors import InputError
from kfp_katib.results import Metric, trials_csv
from tests.builders.experiment import PARAMETERS, experiment, one_of
from tests.builders.result import START, bare_trial, result, trial


def test_its_columns_are_those_of_the_csv() -> None:
    """In the same order, one row for each trial."""
    found = result([trial(0, "0.5"), trial(1, state="Failed")])
    frame = found.dataframe()
    assert list(frame.columns) == trials_csv(found).splitlines()[0].split(",")
    assert list(frame.name) == ["tune-0", "tune-1"]


def test_numbers_and_times_have_their_types() -> None:
    """So they can be sorted, averaged and drawn at once."""
    frame = result([trial(0, "0.5", exit_code=0), trial(1, "0.25")]).dataframe()
    types = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert types["started"] == types["ended"] == "datetime64[ns, UTC]"
    assert types["exit_code"] == "Int64"
    assert types["parameter.batch_size"] == "int64"
    assert {types[name] for name in ("seconds", "objective", "parameter.lr", "metric.loss.min")} == {
        "float64"
    }
    assert frame.started[0] == START
    assert frame.sort_values("objective").iloc[0]["parameter.batch_size"] == 17


def test_what_a_trial_has_not_is_missing() -> None:
    """Times, code, metrics, a parameter of other trials; whole numbers stay whole beside it."""
    frame = result(
        [trial(0, "0.5"), bare_trial("tune-1", "Pending", parameters={"activation": "relu"})]
    ).dataframe()
    missing = frame.iloc[1][["started", "seconds", "exit_code", "objective", "parameter.batch_size"]]
    assert missing.isna().all()
    assert str(frame["parameter.batch_size"].dtype) == "Int64"
    assert frame["parameter.batch_size"][0] == 16
    assert math.isnan(frame["metric.loss.latest"][1])


@pytest.mark.parametrize(
    ("text", "value"), [("nan", math.nan), ("unavailable", math.nan), ("inf", math.inf), ("1e-3", 0.001)]
)
def test_a_metric_is_what_its_text_says(text: str, value: float) -> None:
    """A text that is no number is NaN; infinity stays, though no such trial is the best."""
    frame = result([bare_trial("a", metrics={"loss": Metric(latest=text)})]).dataframe()
    assert frame["metric.loss.latest"][0] == pytest.approx(value, nan_ok=True)


def test_a_category_stays_text() -> None:
    """Even where it looks like a number."""
    of = experiment(parameters=[*PARAMETERS[:2], one_of("layers", "1", "2")])
    frame = result([trial(0, "0.5", parameters={"layers": "2"})], of).dataframe()
    assert list(frame["parameter.layers"]) == ["2"]


def test_a_whole_number_of_any_size() -> None:
    """Beyond 64 bits it is Python's own."""
    given = {"batch_size": str(2**70)}
    assert result([trial(0, "0.5", parameters=given)]).dataframe()["parameter.batch_size"][0] == 2**70


def test_a_search_without_trials_has_the_columns() -> None:
    """What follows need not ask."""
    frame = result([], state="Created").dataframe()
    assert frame.empty
    assert "parameter.lr" in frame.columns
    assert isinstance(frame.objective.mean(), float)
    assert pandas.api.types.is_datetime64_any_dtype(frame.started)


def test_without_pandas_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install it, or take the CSV."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r"pip install pandas.*trials_csv"):
        result([trial(0, "0.5")]).dataframe()

# SPDX-License-Identifier: Apache-2.0
"""evaluate_model: observables within their thresholds, and never a NaN in an output."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.steps.evaluate_model import Evaluation, evaluate
from tests.support.html import read

HERE = __name__


def numbers(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """A user's function."""
    return {"error": 0.2, "bias": -1.0, "broken": math.nan, "endless": math.inf}


def with_page(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """A user's function that draws."""
    (destination / "report.html").write_text("<p>mine</p>")
    return {}


def with_page_and_error(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """A user's function that draws and measures."""
    return {**with_page(model, dataset, destination), "error": 0.2}


def with_pipe(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """A user's function that leaves a pipe for its page."""
    os.mkfifo(destination / "report.html")
    return {"error": 0.2}


def with_folder(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """A user's function that leaves a folder for its page."""
    (destination / "report.html").mkdir()
    return {"error": 0.2}


def with_latin(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """A user's function whose page is in another encoding."""
    (destination / "report.html").write_bytes("<p>gr\xf6\xdfer</p>".encode("latin-1"))
    return {"error": 0.2}


def with_half_a_character(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """A user's function with an observable that no text can hold."""
    return {"\ud800": 0.2}


def judged(
    folder: Path, thresholds: dict[str, Any], function: str = "numbers", about: Any = None
) -> Evaluation:
    """Run the step."""
    return evaluate(
        f"{HERE}:{function}", "model", about or {}, "data", str(folder / "r.html"), thresholds=thresholds
    )


@pytest.mark.parametrize(
    ("thresholds", "passed"),
    [
        pytest.param({}, True, id="nothing is judged"),
        pytest.param({"error": [0, 0.2]}, True, id="at the end of the range"),
        pytest.param({"error": [0, 0.1]}, False, id="above"),
        pytest.param({"bias": [-0.5, 0.5]}, False, id="below"),
        pytest.param({"bias": [None, 0]}, True, id="open below"),
        pytest.param({"bias": ["", 0]}, True, id="open below, as kfp.local can say it"),
        pytest.param({"bias": [0, ""]}, False, id="open above, as kfp.local can say it"),
        pytest.param({"error": [0, None], "bias": [0, None]}, False, id="one of two"),
        pytest.param({"broken": [None, None]}, False, id="NaN is within nothing"),
        pytest.param({"endless": [0, None]}, False, id="infinity neither"),
    ],
)
def test_a_model_passes_when_every_judged_observable_is_within_its_range(
    tmp_path: Path, thresholds: dict[str, Any], passed: bool
) -> None:
    """Both ends belong to the range; null leaves one open."""
    assert judged(tmp_path, thresholds).passed is passed


def test_the_metrics_are_finite(tmp_path: Path) -> None:
    """A NaN in an output would fail the step in a cluster, after all its work."""
    assert judged(tmp_path, {}).metrics == {"error": 0.2, "bias": -1.0}


def test_the_report_shows_every_observable_and_its_range(tmp_path: Path) -> None:
    """Those that are no number too: they are what the reader looks for; the verdict comes first."""
    judged(tmp_path, {"error": [0, 0.1]})
    page = read((tmp_path / "r.html").read_text())
    rows = [[cell.text for cell in row] for row in page.all("tr")]
    assert rows[1] == ["error", "0.2", "0 to 0.1", "missed"]
    assert ["broken", "nan"] in rows
    assert page.texts("p")[0] == "Not passed: 1 of 1 threshold missed."


def test_the_functions_own_report_comes_first(tmp_path: Path) -> None:
    """Where it wrote one, ours is not needed; it stays as it is where nothing is judged."""
    judged(tmp_path, {}, "with_page")
    assert (tmp_path / "r.html").read_text() == "<p>mine</p>"


def test_the_functions_own_report_begins_with_the_verdict(tmp_path: Path) -> None:
    """It knows no thresholds."""
    judged(tmp_path, {"error": [0, 0.3]}, "with_page_and_error")
    page = read((tmp_path / "r.html").read_text())
    assert page.texts("p") == ["Passed: the threshold is kept.", "mine"]


def test_each_threshold_is_told_while_it_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Those that are missed as warnings."""
    with caplog.at_level("INFO"):
        judged(tmp_path, {"error": [0, 0.3], "bias": [0, None]})
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "passed: error is 0.2, allowed is 0 to 0.3"),
        ("WARNING", "not passed: bias is -1, allowed is at least 0"),
    ]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("function", "shown"),
    [
        ("with_pipe", ">error</th>"),
        ("with_folder", ">error</th>"),
        ("with_latin", "<p>gr\ufffd\ufffder</p>"),
        ("with_half_a_character", r">\ud800</th>"),
    ],
)
def test_a_page_that_is_none_does_not_cost_the_verdict(tmp_path: Path, function: str, shown: str) -> None:
    """Neither waits for it nor fails of it."""
    assert judged(tmp_path, {}, function).passed
    assert shown in (tmp_path / "r.html").read_text("utf-8")


def test_without_a_model_nothing_passes(tmp_path: Path) -> None:
    """And the report, which must be there, says why."""
    evaluation = judged(tmp_path, {"error": [0, 1]}, about={"model": "none"})
    assert evaluation == Evaluation({}, passed=False)
    assert "nothing to evaluate" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        pytest.param({"eror": [0, 1]}, r"'eror'\. Did you mean 'error'", id="no such observable"),
        pytest.param({"error": [1, 0]}, r"threshold of 'error' is \[1, 0\]", id="upside down"),
        pytest.param({"error": [0]}, r"Give \[min, max\]", id="one end"),
        pytest.param({"error": [0, 1, 2]}, r"Give \[min, max\]", id="three ends"),
        pytest.param({"error": [0, True]}, r"'error' is \[0, True\]", id="true is no end"),
        pytest.param({"error": 0.1}, r"Give \[min, max\]", id="no range"),
        pytest.param({"error": None}, r"threshold of 'error' is None", id="nothing"),
        pytest.param({"error": [0, 10**400]}, r"Give \[min, max\]", id="beyond every float"),
        pytest.param({"error": ["0", "1"]}, r"Give \[min, max\]", id="text"),
        pytest.param({"error": [math.inf, math.inf]}, r"Give \[min, max\]", id="nothing keeps it"),
    ],
)
def test_thresholds_that_mean_nothing_are_refused(
    tmp_path: Path, thresholds: dict[str, Any], message: str
) -> None:
    """A threshold that is silently ignored would pass every model."""
    with pytest.raises(InputError, match=message):
        judged(tmp_path, thresholds)

# SPDX-License-Identifier: Apache-2.0
"""Thresholds say what passes; what cannot be judged is refused with the mend."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from training.errors import OptionError
from training.metrics import Threshold, judged, read_thresholds

KNOWN = ("fpd", "auc", "showers")


def written(folder: Path, content: object) -> Path:
    """A file of thresholds."""
    file = folder / "thresholds.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_ends_belong_to_the_range_and_null_is_open(tmp_path: Path) -> None:
    """As in the component evaluate_model."""
    file = written(tmp_path, {"auc": [None, 0.9], "fpd": [0, 2], "showers": [10, None]})
    read = read_thresholds(file, KNOWN)
    assert read == (
        Threshold("auc", -math.inf, 0.9),
        Threshold("fpd", 0.0, 2.0),
        Threshold("showers", 10.0, math.inf),
    )
    assert [read[1].passes(value) for value in (-0.1, 0.0, 2.0, 2.1, math.nan)] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_each_threshold_has_its_line() -> None:
    """With the value and the range."""
    thresholds = (Threshold("fpd", 0.0, 2.0), Threshold("auc", -math.inf, 0.9))
    found = judged({"fpd": 3.25, "auc": 0.75, "kpd": 1.0}, thresholds)
    assert [each.passed for each in found] == [False, True]
    assert [str(each) for each in found] == [
        "failed  fpd = 3.25, allowed 0 to 2",
        "passed  auc = 0.75, allowed at most 0.9",
    ]
    assert all(each.passed for each in judged({"fpd": 1.0, "auc": 0.5}, thresholds))


def test_a_threshold_of_nothing_is_refused(tmp_path: Path) -> None:
    """With what there is; no evaluation is needed to know that."""
    with pytest.raises(
        OptionError,
        match=r"thresholds\.json: the observable 'fdp' is not known\. Use one of fpd, auc, showers\.",
    ):
        read_thresholds(written(tmp_path, {"fdp": [0, 1]}), KNOWN)


@pytest.mark.parametrize(
    "bounds",
    [[0], [0, 1, 2], [2, 1], 3, "0,1", [0, "1"], [True, 2], None],
    ids=lambda bounds: json.dumps(bounds),
)
def test_what_is_no_range_is_refused(tmp_path: Path, bounds: object) -> None:
    """With the name and what was found."""
    with pytest.raises(OptionError, match=r"the threshold of 'auc' is .*Give \[min, max\]"):
        read_thresholds(written(tmp_path, {"auc": bounds}), KNOWN)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Missing, not JSON, or JSON of another kind."""
    with pytest.raises(OptionError, match=r"none\.json: no thresholds can be read"):
        read_thresholds(tmp_path / "none.json", KNOWN)
    (tmp_path / "text.json").write_text("auc < 0.9", encoding="utf-8")
    with pytest.raises(OptionError, match=r"text\.json: no thresholds can be read"):
        read_thresholds(tmp_path / "text.json", KNOWN)
    with pytest.raises(OptionError, match="is not an object of JSON"):
        read_thresholds(written(tmp_path, ["auc"]), KNOWN)

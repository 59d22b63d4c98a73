# SPDX-License-Identifier: Apache-2.0
"""Whatever Experiment a cluster holds has its page and its summary, also one that our rules would refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kfp_katib.cli.summary import summary
from kfp_katib.experiment.accepted import accepted
from kfp_katib.report import html, markdown
from kfp_katib.results import Condition, Metric, Trial, conclude, to_json, trials_csv
from tests.builders.search import PRINT, manifest

STARTED = datetime(2030, 1, 1, tzinfo=UTC)


def double(**space: str) -> dict[str, Any]:
    """The parameter of the search."""
    return {"name": "lr", "parameterType": "double", "feasibleSpace": space}


def listed(*values: str) -> dict[str, Any]:
    """The same as categories."""
    return {"name": "lr", "parameterType": "categorical", "feasibleSpace": {"list": [*values]}}


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param([double(min="1", max="0")], id="min above max"),
        pytest.param([double(min="a", max="b")], id="bounds that are no numbers"),
        pytest.param([double()], id="no bounds"),
        pytest.param([double(min="0", max="1", distribution="logUniform")], id="logarithm of zero"),
        pytest.param([double(min="0", max="1", step="0")], id="no step"),
        pytest.param([listed()], id="no categories"),
        pytest.param([listed("none of them")], id="categories of another time"),
        pytest.param([double(min="0", max="1")] * 2, id="twice"),
        pytest.param([double(min="0", max="1") | {"parameterType": "unknown"}], id="unknown type"),
        pytest.param([], id="architecture search"),
    ],
)
def test_it_is_shown_in_every_form(parameters: list[dict[str, Any]]) -> None:
    """Its best trial stands in each of them."""
    experiment = accepted(manifest(PRINT, parameters=parameters), name="it")
    values = enumerate(("0.3", "0.2", "x"))
    trials = [
        Trial(
            f"tune-{number}",
            {"lr": value, "architecture": "[[1, 2]]"},
            "Succeeded",
            metrics={"loss": Metric(value, value, value)},
            started=STARTED,
            ended=STARTED + timedelta(seconds=3),
        )
        for number, value in values
    ]
    result = conclude(experiment, trials, Condition("Succeeded"))
    forms = (html, markdown, to_json, trials_csv, lambda result: summary(result, None, colour=False))
    assert [form for form in forms if "tune-1" not in form(result)] == []

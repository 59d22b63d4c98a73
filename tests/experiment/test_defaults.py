# SPDX-License-Identifier: Apache-2.0
"""Katib's defaults, and what an author wrote before Katib filled them in."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from kfp_katib.experiment.defaults import with_defaults, without_defaults

METRICS = ("loss", "seconds", "accuracy")


def stored(written: dict[str, Any]) -> dict[str, Any]:
    """An objective as Katib stores it."""
    objective: dict[str, Any] = with_defaults({"spec": {"objective": written}})["spec"]["objective"]
    return objective


def written(*strategies: tuple[str, str]) -> dict[str, Any]:
    """An objective whose author named these strategies."""
    given = [{"name": name, "value": value} for name, value in strategies]
    own = {"metricStrategies": given} if given else {}
    return {
        "type": "minimize",
        "objectiveMetricName": "loss",
        "additionalMetricNames": list(METRICS[1:]),
        **own,
    }


@pytest.mark.parametrize(
    "said",
    [
        written(),
        written(("seconds", "min")),
        written(("accuracy", "max")),
        written(("accuracy", "min"), ("seconds", "min")),
        written(("loss", "min"), ("seconds", "min"), ("accuracy", "max")),
        written(("loss", "latest")),
    ],
    ids=lambda said: "-".join(each["name"] for each in said.get("metricStrategies", [])) or "nothing",
)
def test_what_an_author_wrote_is_told_from_katibs_defaults(said: dict[str, Any]) -> None:
    """Katib appends them to the list, the objective's first."""
    assert without_defaults(stored(said)) == said


def test_what_reads_as_the_defaults_from_its_beginning_is_taken_for_them() -> None:
    """Nobody can tell."""
    assert without_defaults(stored(written(("loss", "min"), ("seconds", "min")))) == written()


def test_nothing_is_lost() -> None:
    """Katib makes the same of it again, whatever was written."""
    for names in product(METRICS, repeat=2):
        for values in product(("min", "max", "latest"), repeat=2):
            kept = stored(written(*zip(names, values, strict=True)))
            assert stored(without_defaults(kept)) == kept

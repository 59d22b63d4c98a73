# SPDX-License-Identifier: Apache-2.0
"""What `kfp-katib run` says of several objectives at its end."""

from __future__ import annotations

from kfp_katib.cli.summary import summary
from tests.builders.experiment import objective
from tests.builders.several_objectives import LOSS_AND_SECONDS, compared, traded


def test_with_several_objectives_the_pareto_set_follows_the_table() -> None:
    """The best by the objective first, with each metric and the parameters."""
    found = compared(LOSS_AND_SECONDS, ("0.3", "1"), ("0.1", "5"), ("0.3", "9"))
    _, told, *_ = summary(found, None, colour=False).split("\n\n")
    sentence, _, rule, *lines = told.splitlines()
    assert sentence.startswith(
        "Pareto set. Wanted: small loss and small seconds. 2 of 3 trials are in the set"
    )
    assert set(rule) == {"-", " "}
    assert [line.split() for line in lines] == [
        ["tune-1", "0.1", "5", "0.002", "17", "relu"],
        ["tune-0", "0.3", "1", "0.001", "16", "relu"],
    ]


def test_a_pareto_set_keeps_to_the_width() -> None:
    """Of a large one ten trials; metrics stay, parameters that do not fit are named."""
    of = objective(compared={"seconds": "min", "accuracy": "max"})
    text = summary(traded(300, of), None, colour=False, width=44)
    (told,) = (part for part in text.split("\n\n") if part.startswith("Pareto set."))
    _, _, _, *lines, too_wide = told.splitlines()
    assert "10 of the" in told
    assert len(lines) == 10
    assert max(map(len, lines)) <= 44
    assert too_wide == "Too wide for the table: lr, precision."


def test_without_a_pareto_set_it_says_why() -> None:
    """A metric that no trial prints is most likely misspelt; one objective alone needs no word."""
    assert "No trial has a finite seconds, so there is no Pareto set." in summary(
        compared(LOSS_AND_SECONDS, ("1", "")), None, colour=False
    )
    assert "Pareto" not in summary(compared(objective(), ("1", "")), None, colour=False)

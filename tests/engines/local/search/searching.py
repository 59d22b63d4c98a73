# SPDX-License-Identifier: Apache-2.0
"""Experiments and searches that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_file import open_journal
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.search.misfit import misfit
from kfp_katib.engines.local.search.suggestions import Suggestions, open_study
from kfp_katib.experiment.model import Experiment, Parameter
from kfp_katib.results import Told, TrialCondition
from tests.builders import experiment as build
from tests.builders.experiment import double, integer, one_of

ALGORITHMS = ("random", "grid", "tpe", "multivariate-tpe", "bayesianoptimization", "cmaes", "sobol")


MIXED = (
    double("lr", "0.0001", "0.1", distribution="logUniform"),
    integer("batch", "16", "256", "16"),
    double("momentum", "0.1", "0.5", "0.2"),
    double("width", "-1", "1", "0.25", distribution="normal"),
    one_of("optimizer", "adam", "sgd"),
)
"""One parameter of each kind."""

STEPPED = (integer("batch", "16", "256", "16"), *MIXED[2:])
"""The same with a step everywhere, as a grid needs it."""


def experiment(algorithm: str = "random", parameters: Sequence[Parameter] = MIXED, **more: Any) -> Experiment:
    """An Experiment without a budget, over one parameter of each kind that its algorithm takes."""
    space = STEPPED if algorithm == "grid" and parameters is MIXED else parameters
    return build.experiment(algorithm, space, **({"name": "search", "budget": None, "failures": None} | more))


def search(an_experiment: Experiment, folder: Path | None = None, told: Told | None = None) -> Suggestions:
    """An open search, in memory unless a folder for its journal is given; a new one may be told trials."""
    if folder is None:
        return open_study(an_experiment, Journal(an_experiment.name), told)
    path = folder / an_experiment.name / "journal"
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = open_journal(path, belongs=lambda _: True, misfit=misfit(an_experiment))
    return open_study(an_experiment, journal, told)


def end(suggestions: Suggestions, number: int, value: float | None) -> None:
    """A trial has ended: its record is written, and its value told."""
    record = suggestions.journal.trials[number].record
    outcome = TrialCondition("Failed" if value is None else "Succeeded", "", "")
    suggestions.journal.write(replace(record, name=f"search-{number}", outcome=outcome))
    suggestions.tell(number, value)


def asked(suggestions: Suggestions) -> Record:
    """The next suggestion of a search that has one."""
    suggestion = suggestions.ask()
    assert suggestion is not None
    return suggestion


def run(
    suggestions: Suggestions, count: int, objective: Callable[[Mapping[str, str]], float | None]
) -> list[Mapping[str, str]]:
    """Ask and tell, one trial at a time; all the parameters asked for."""
    asked_for = []
    for _ in range(count):
        suggestion = asked(suggestions)
        asked_for.append(suggestion.parameters)
        end(suggestions, suggestion.number, objective(suggestion.parameters))
    return asked_for


def bowl(parameters: Mapping[str, str]) -> float:
    """A smooth objective over the numeric parameters of `MIXED` and `STEPPED`."""
    numbers = [float(text) for name, text in parameters.items() if name != "optimizer"]
    return sum((number - 0.3) ** 2 for number in numbers)

# SPDX-License-Identifier: Apache-2.0
"""Experiments and searches that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from kfp_katib.engines.local.search import Suggestion, Suggestions, open_study
from kfp_katib.experiment.model import (
    Algorithm,
    Collector,
    Distribution,
    Experiment,
    FeasibleSpace,
    Objective,
    Parameter,
    TrialTemplate,
)

ALGORITHMS = ("random", "grid", "tpe", "multivariate-tpe", "bayesianoptimization", "cmaes", "sobol")


def double(
    name: str, low: str, high: str, step: str = "", distribution: Distribution = "uniform"
) -> Parameter:
    """A double parameter."""
    return Parameter(name, "double", FeasibleSpace(low, high, step, distribution=distribution))


def integer(
    name: str, low: str, high: str, step: str = "", distribution: Distribution = "uniform"
) -> Parameter:
    """An int parameter."""
    return Parameter(name, "int", FeasibleSpace(low, high, step, distribution=distribution))


def one_of(name: str, *texts: str) -> Parameter:
    """A categorical parameter."""
    return Parameter(name, "categorical", FeasibleSpace(list=texts))


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


def experiment(
    algorithm: str = "random",
    parameters: tuple[Parameter, ...] = MIXED,
    *,
    settings: Mapping[str, str] | None = None,
    objective: str = "minimize",
    parallel: int = 2,
    budget: int | None = None,
    early_stopping: Algorithm | None = None,
) -> Experiment:
    """An Experiment of which only the search matters."""
    return Experiment(
        name="search",
        namespace="default",
        objective=Objective(
            "maximize" if objective == "maximize" else "minimize", "loss", None, (), {"loss": "latest"}
        ),
        algorithm=Algorithm(algorithm, settings or {}),
        early_stopping=early_stopping,
        parameters=STEPPED if algorithm == "grid" and parameters is MIXED else parameters,
        parallel_trial_count=parallel,
        max_trial_count=budget,
        max_failed_trial_count=None,
        resume_policy="Never",
        collector=Collector("StdOut", "", "", ()),
        trial_template=TrialTemplate({}, (), "training", False, "", ""),
        manifest_json="{}",
    )


def search(an_experiment: Experiment, storage: BaseStorage | None = None) -> Suggestions:
    """An open search, in memory unless a storage is given."""
    return open_study(an_experiment, storage or InMemoryStorage())


def journal(path: Path) -> JournalStorage:
    """The storage of a journal file."""
    return JournalStorage(JournalFileBackend(str(path)))


def asked(suggestions: Suggestions) -> Suggestion:
    """The next suggestion of a search that has one."""
    suggestion = suggestions.ask()
    assert suggestion is not None
    return suggestion


def run(
    suggestions: Suggestions, count: int, objective: Callable[[Mapping[str, str]], float | None]
) -> list[dict[str, str]]:
    """Ask and tell, one trial at a time; all the parameters asked for."""
    asked_for = []
    for _ in range(count):
        suggestion = asked(suggestions)
        asked_for.append(suggestion.parameters)
        suggestions.tell(suggestion.number, objective(suggestion.parameters))
    return asked_for


def bowl(parameters: Mapping[str, str]) -> float:
    """A smooth objective over the numeric parameters of `MIXED` and `STEPPED`."""
    numbers = [float(text) for name, text in parameters.items() if name != "optimizer"]
    return sum((number - 0.3) ** 2 for number in numbers)

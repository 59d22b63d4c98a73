# SPDX-License-Identifier: Apache-2.0
"""What only Katib can run is refused, with the field, its value and what there is here."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from kfp_katib.engines.local.search import algorithms as here
from kfp_katib.engines.local.unsupported import refusals
from kfp_katib.experiment.model import Experiment, Parameter
from kfp_katib.experiment.rules.services import SUGGESTIONS
from tests.builders.experiment import double, integer
from tests.engines.local.search.nets import CHAIN, searched
from tests.engines.local.search.searching import ALGORITHMS, experiment
from tests.places import ROOT

BAYES = "bayesianoptimization"
WIDE = double("x", "1e-300", "1e300", distribution="logUniform")


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "hyperband", "pbt"])
def test_what_this_engine_has_is_let_pass(algorithm: str) -> None:
    """Katib's algorithms."""
    assert {each.path for each in refusals(experiment(algorithm))} <= {"spec.trialTemplate"}  # it has none


@pytest.mark.parametrize("algorithm", ["darts", "enas"])
def test_searches_for_architectures_are_let_pass(algorithm: str) -> None:
    """They have no parameters, and a nasConfig instead."""
    assert {each.path for each in refusals(searched(CHAIN, algorithm))} <= {"spec.trialTemplate"}


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (experiment("random", ()), r"nasConfig.*spec\.parameters"),
        (experiment(BAYES, settings={"base_estimator": "GBRT"}), r"base_estimator 'GBRT'.*GP, RF and ET"),
    ],
    ids=["no parameters", "GBRT"],
)
def test_what_only_katib_has_is_refused(refused: Experiment, words: str) -> None:
    """The message names the field and the value, and says what to do."""
    (problem,) = refusals(refused)
    assert re.search(words, f"{problem.path}: {problem.message} {problem.fix}", re.DOTALL)


@pytest.mark.parametrize("algorithm", ["random", "tpe", "cmaes", "sobol", "pbt"])
@pytest.mark.parametrize(
    "parameter",
    [
        double("x", "-1.7e308", "1.7e308"),
        double("x", "-1.7e308", "1.7e308", "0.1"),
        integer("x", "9007199254740993", "9007199254740999", distribution="logNormal"),
    ],
    ids=["too wide", "with a step", "too narrow"],
)
def test_a_range_beyond_floating_point_numbers_is_refused(algorithm: str, parameter: Parameter) -> None:
    """By its name, where a suggestion would overflow or divide by zero."""
    (problem,) = refusals(experiment(algorithm, (double("y", "0", "1"), parameter)))
    assert problem.path == "spec.parameters[1].feasibleSpace"
    assert f"The range of 'x' (min {parameter.space.min}, max" in problem.message


@pytest.mark.parametrize("parameter", [double("x", "-8e307", "8e307"), integer("x", "5", "5"), WIDE])
def test_a_range_of_floating_point_numbers_is_let_pass(parameter: Parameter) -> None:
    """However large, and also one that holds a single value."""
    assert {each.path for each in refusals(experiment(parameters=(parameter,)))} <= {"spec.trialTemplate"}


def test_a_random_search_imports_no_other_algorithms_library() -> None:
    """Each of them costs half a second or more."""
    code = (
        "import sys; from tests.engines.local.search.searching import experiment, search; "
        "search(experiment()).ask(); "
        "print(sorted({'optuna', 'numpy', 'skopt', 'sklearn', 'scipy', 'cmaes'} & sys.modules.keys()))"
    )
    root = ROOT
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root
    )
    assert output.stdout.strip() == "[]"


def test_every_algorithm_of_katib_is_here() -> None:
    """So none has to be refused."""
    assert set(here.ALGORITHMS) == set(SUGGESTIONS)

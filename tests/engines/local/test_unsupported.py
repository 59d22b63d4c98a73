# SPDX-License-Identifier: Apache-2.0
"""What only Katib can run is refused, with the field, its value and what there is here."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from kfp_katib.engines.local.search import algorithms as here
from kfp_katib.engines.local.unsupported import refusals
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rules.services import SUGGESTIONS
from tests.engines.local.search.nets import CHAIN, searched
from tests.engines.local.search.searching import ALGORITHMS, experiment
from tests.places import ROOT

BAYES = "bayesianoptimization"


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

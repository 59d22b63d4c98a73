# SPDX-License-Identifier: Apache-2.0
"""The importances are those of `optuna.importance`, digit by digit, without its imports."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Sequence
from typing import Literal

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from kfp_katib.report.figures.importances import importances
from kfp_katib.results import Result, Trial
from tests.builders.experiment import double, experiment, integer, objective, one_of
from tests.builders.result import result, trial
from tests.builders.searched import searched
from tests.report.figures.drawn import traces

SPACES: dict[str, BaseDistribution] = {
    "lr": FloatDistribution(1e-4, 0.1, log=True),
    "dropout": FloatDistribution(0.0, 0.5),
    "layers": IntDistribution(1, 6),
    "units": IntDistribution(16, 512),
    "width": IntDistribution(1, 64, log=True),
    "kind": CategoricalDistribution(["a", "b", "c"]),
}
PARAMETERS_OF_SPACES = (
    double("lr", "0.0001", "0.1", distribution="logUniform"),
    double("dropout", "0", "0.5"),
    integer("layers", "1", "6"),
    integer("units", "16", "512"),
    integer("width", "1", "64", distribution="logUniform"),
    one_of("kind", "a", "b", "c"),
)
Direction = Literal["minimize", "maximize"]
ROWS = st.lists(
    st.tuples(
        st.floats(-1e6, 1e6),
        st.fixed_dictionaries(
            {"lr": st.floats(1e-4, 0.1), "dropout": st.floats(0, 0.5), "kind": st.sampled_from("abc")},
            optional={
                "layers": st.integers(1, 6),
                "units": st.integers(16, 512),
                "width": st.integers(1, 64),
            },
        ),
    ),
    min_size=2,
    max_size=60,
)


def optunas(
    rows: Sequence[tuple[float, dict[str, object]]], names: set[str], direction: Direction
) -> dict[str, float]:
    """The importances of these parameters as Optuna has them."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction=direction)
    for value, params in rows:
        kept = {name: each for name, each in params.items() if name in names}
        spaces = {name: SPACES[name] for name in kept}
        study.add_trial(optuna.trial.create_trial(value=value, params=kept, distributions=spaces))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.importance.get_param_importances(study)


def ours(rows: Sequence[tuple[float, dict[str, object]]], direction: Direction) -> Result:
    """The same trials as a Result."""
    trials: list[Trial] = [
        trial(n, repr(value), parameters={name: str(each) for name, each in params.items()})
        for n, (value, params) in enumerate(rows)
    ]
    return result(trials, experiment(parameters=PARAMETERS_OF_SPACES, objective=objective(direction)))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, direction=st.sampled_from(["minimize", "maximize"]))
def test_the_numbers_are_optunas(rows: list[tuple[float, dict[str, object]]], direction: Direction) -> None:
    """Of numbers, whole numbers, on both scales, categories, and parameters that a trial may lack."""
    figure = importances(ours(rows, direction))
    if figure is None:
        return
    (bars,) = traces(figure)
    shares = dict(zip(bars["customdata"], bars["x"], strict=True))
    assert shares == pytest.approx(optunas(rows, set(shares), direction), abs=1e-4)


def test_a_parameter_that_decides_everything_comes_first() -> None:
    """The search of which the learning rate decides most."""
    (bars,) = traces(importances(searched(120)))
    assert bars["customdata"][-1] == "learning_rate"
    assert bars["x"][-1] > 0.5
    assert sum(bars["x"]) == pytest.approx(1, abs=0.001)
    assert traces(importances(searched(120))) == [bars]


def test_few_trials_mean_little_and_so_it_is_said() -> None:
    """Below 15 trials with a value; the number is said in any case."""
    few, more = importances(searched(12)), importances(searched(30))
    assert few is not None
    assert more is not None
    assert "mean little" in few.sentence
    assert "mean little" not in more.sentence
    assert "from 28 trials with a value" in more.sentence


def test_a_parameter_that_never_changed_is_named() -> None:
    """It cannot be told what it would have done."""
    figure = importances(result([trial(n, f"0.{n}") for n in range(1, 9)]))
    assert figure is not None
    assert "Left out, since every trial had the same value: activation." in figure.sentence


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [trial(0, "0.5")],
        [trial(n, "0.5") for n in range(20)],
        [trial(n, "nan") for n in range(20)],
        [trial(n, state="Failed") for n in range(20)],
        [trial(n, f"0.{n}", parameters={}) for n in range(20)],
        [trial(n, f"0.{n}", parameters={"lr": "0.1"}) for n in range(20)],
        [trial(n, f"0.{n}", parameters={"lr": str(n)}) for n in range(20)],
    ],
    ids=["none", "one", "equal", "nan", "failed", "no parameters", "constant", "one parameter"],
)
def test_where_nothing_can_be_compared_there_is_no_figure(trials: list[Trial]) -> None:
    """And nothing breaks."""
    assert importances(result(trials)) is None


def test_of_a_hundred_parameters_the_most_important_are_drawn() -> None:
    """And so it is said."""
    space = [double(f"p{n}", "0", "1") for n in range(100)]
    figure = importances(searched(60, parameters=space))
    (bars,) = traces(figure)
    assert len(bars["x"]) == 30
    assert figure is not None
    assert "30 of 100 parameters are drawn, the most important ones." in figure.sentence


def test_extreme_values_break_nothing() -> None:
    """Beyond what differences of floats can hold, and whole numbers with too many digits for one."""
    space = (double("a", "-1e308", "1e308"), integer("b", "9007199254740993", "9007199254740999"))
    texts = [("-1e308", "9007199254740993"), ("1e308", "9007199254740999"), ("0", "9007199254740995")]
    trials = [trial(n, f"0.{n}", parameters={"a": a, "b": b}) for n, (a, b) in enumerate(texts)]
    (bars,) = traces(importances(result(trials, experiment(parameters=space))))
    assert len(bars["x"]) == 2


def test_scikit_learn_is_not_imported() -> None:
    """A report is written while it would still be loading."""
    code = (
        "import sys; from tests.builders.searched import searched; from kfp_katib.report import html\n"
        "html(searched(30)); print([name for name in ('sklearn', 'optuna', 'scipy') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"

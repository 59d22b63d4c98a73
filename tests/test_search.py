# SPDX-License-Identifier: Apache-2.0
"""The words of `kfp_katib.search`: those of kubeflow.katib's, and what is said with them."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

from kfp_katib import search
from kfp_katib.errors import InputError
from kfp_katib.experiment import FeasibleSpace, Objective, Parameter
from tests.support.environments import environment


@pytest.mark.parametrize(
    ("parameter", "kind", "space"),
    [
        (search.double(0.1, 1), "double", FeasibleSpace("0.1", "1")),
        (search.double(min=0, max=1, step=0.25), "double", FeasibleSpace("0", "1", "0.25")),
        (
            search.double(1e-5, 0.1, log=True),
            "double",
            FeasibleSpace("1e-05", "0.1", distribution="logUniform"),
        ),
        (search.int(1, 9), "int", FeasibleSpace("1", "9")),
        (search.int(16, 128, 16), "int", FeasibleSpace("16", "128", "16")),
        (search.int(1, 1000, log=True), "int", FeasibleSpace("1", "1000", distribution="logUniform")),
        (search.categorical(["sgd", 1, True]), "categorical", FeasibleSpace(list=("sgd", "1", "True"))),
        (search.discrete([1, 2.5]), "discrete", FeasibleSpace(list=("1", "2.5"))),
    ],
    ids=lambda value: value.type if isinstance(value, Parameter) else "",
)
def test_a_space_is_katibs(parameter: Parameter, kind: str, space: FeasibleSpace) -> None:
    """Types and texts; the name comes from `parameters`."""
    assert parameter == Parameter("", parameter.type, space)
    assert parameter.type == kind


def test_an_objective_has_the_strategies_of_its_type() -> None:
    """Katib's defaults, unless one is named."""
    assert search.minimize("loss") == Objective("minimize", "loss", None, (), {"loss": "min"})
    assert search.maximize("acc", goal=0.9, additional=["loss"], strategy="latest") == Objective(
        "maximize", "acc", 0.9, ("loss",), {"loss": "max", "acc": "latest"}
    )


@pytest.mark.parametrize(
    "said",
    [
        lambda: search.categorical("sgd"),
        lambda: search.discrete("12"),  # type: ignore[arg-type]
        lambda: search.minimize("loss", additional="accuracy"),
    ],
    ids=["categorical", "discrete", "additional"],
)
def test_text_is_no_list(said: Any) -> None:
    """Its letters would become the values."""
    with pytest.raises(InputError, match="give a list, such as"):
        said()


def test_the_arguments_are_those_of_kubeflow_katib() -> None:
    """In the same order: a call of theirs works here."""
    (source,) = environment("katib").glob("lib/python3*/site-packages/kubeflow/katib/api/search.py")
    theirs = {
        each.name: [argument.arg for argument in each.args.args]
        for each in ast.parse(source.read_text()).body
        if isinstance(each, ast.FunctionDef)
    }
    assert theirs.keys() == {"double", "int", "categorical"}
    for name, arguments in theirs.items():
        ours = list(inspect.signature(getattr(search, name)).parameters)
        assert ours[: len(arguments)] == arguments, name


def test_an_additional_metric_with_a_strategy_is_one_more_objective() -> None:
    """Of the Pareto set alone; a list says nothing of the kind, nor does `latest`."""
    said = search.minimize("loss", additional={"acc": "max", "seconds": "min", "size": "latest"})
    assert said.directions == {"loss": "minimize", "acc": "maximize", "seconds": "minimize"}
    assert said.strategies == {"loss": "min", "acc": "max", "seconds": "min", "size": "latest"}
    assert search.minimize("loss", additional=["seconds"]).directions == {"loss": "minimize"}
